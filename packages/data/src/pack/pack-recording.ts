import { diskError } from '@asc/core';
import { constants } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { bytesAsSource, openByteSource } from '../audio/byte-source.js';
import { openFlac } from '../audio/flac-decoder.js';
import { encodeFlac } from '../audio/flac-encoder.js';
import { readWavPlanes } from '../audio/wav-planes.js';

// Runs in the threads of a worker pool.

/** A WAV file to be packed, or a file to be taken over as it is. */
export interface PackJob {
  readonly from: string;
  readonly to: string;
  /** Its name while it is being written. */
  readonly temporary: string;
  readonly how: 'pack' | 'copy';
  /** Time of the source's last change; the result gets the same, by which it is known again. */
  readonly modifiedMs: number;
}

/**
 * Writes the FLAC form of a WAV file, or a copy, whole or not at all; returns its bytes. What was encoded is decoded again before it gets its
 * name.
 *
 * @throws {DataError} the source is damaged, or the disk refused.
 */
export async function packRecording(job: PackJob): Promise<number> {
  const { from, to, temporary, how, modifiedMs } = job;
  const encoded = how === 'pack' ? await encode(from) : undefined;
  try {
    if (encoded === undefined) await copyFile(from, temporary, constants.COPYFILE_FICLONE);
    const file = await open(temporary, encoded === undefined ? 'r+' : 'w');
    let bytes: number;
    try {
      if (encoded !== undefined) await file.writeFile(encoded);
      await file.utimes(modifiedMs / 1000, modifiedMs / 1000);
      await file.sync();
      bytes = (await file.stat()).size;
    } finally {
      await file.close();
    }
    await rename(temporary, to);
    return bytes;
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw diskError(to, cause);
  }
}

async function encode(path: string): Promise<Uint8Array> {
  const source = await openByteSource(path);
  try {
    const sound = await readWavPlanes(source);
    if (sound === undefined) throw source.complain('changed while it was packed', { hint: 'run the command again' });
    const encoded = encodeFlac(sound);
    await assertDecodes(path, encoded);
    return encoded;
  } finally {
    await source.close();
  }
}

/** Decodes all of it: every frame's checksums, and the MD5, which was taken of the samples before they were encoded. */
async function assertDecodes(path: string, encoded: Uint8Array): Promise<void> {
  const { info, read } = await openFlac(bytesAsSource(`${path}, packed`, encoded), 0);
  await read(0, info.samples, [[0]]);
}
