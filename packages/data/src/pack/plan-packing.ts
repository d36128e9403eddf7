import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@asc/core';
import { openByteSource } from '../audio/byte-source.js';
import { readWavHeader } from '../audio/wav-header.js';

/** A file of the set, by its path from the set's folder (with `/`), and what becomes of it. */
export interface PlannedFile {
  readonly from: string;
  readonly to: string;
  readonly how: 'pack' | 'copy' | 'table';
  readonly bytes: number;
  readonly modifiedMs: number;
}

const WAV = /\.wave?$/i;
const TABLE = /\.(?:csv|tsv|txt)$/i;
const AT_ONCE = 32;

/** Looks through a set's folder: what is packed, what is copied, which tables may name recordings. Hidden files are left out. */
export async function planPacking(root: string): Promise<PlannedFile[]> {
  const files: Omit<PlannedFile, 'to' | 'how'>[] = [];
  await walk(root, '', new Set(), files);
  const taken = new Set(files.map(({ from }) => from.toLowerCase()));
  const plan: PlannedFile[] = [];
  for (let at = 0; at < files.length; at += AT_ONCE) {
    plan.push(...(await Promise.all(files.slice(at, at + AT_ONCE).map((file) => planFile(root, file, taken)))));
  }
  return plan;
}

async function planFile(
  root: string,
  file: Omit<PlannedFile, 'to' | 'how'>,
  taken: ReadonlySet<string>,
): Promise<PlannedFile> {
  const { from } = file;
  if (TABLE.test(from)) return { ...file, to: from, how: 'table' };
  const to = from.replace(WAV, '.flac');
  const packable = to !== from && !taken.has(to.toLowerCase()) && (await isPackable(join(root, from)));
  return packable ? { ...file, to, how: 'pack' } : { ...file, to: from, how: 'copy' };
}

/** Whether FLAC holds it exactly: integers of 8, 16 or 24 bits. */
async function isPackable(path: string): Promise<boolean> {
  const source = await openByteSource(path);
  try {
    if (!/^(RIFF|RF64|BW64)/.test((await source.read(0, 4)).toString('latin1'))) return false;
    const { encoding, channels, samples } = await readWavHeader(source);
    return ['u8', 's16', 's24'].includes(encoding) && channels <= 8 && samples > 0 && samples * channels <= 2 ** 28;
  } finally {
    await source.close();
  }
}

async function walk(
  root: string,
  folder: string,
  above: ReadonlySet<string>,
  files: Omit<PlannedFile, 'to' | 'how'>[],
): Promise<void> {
  const real = await realpath(join(root, folder));
  // A link that leads back up.
  if (above.has(real)) return;
  const names = (await readdir(real)).filter((name) => !name.startsWith('.')).sort();
  for (const name of names) {
    const path = folder === '' ? name : `${folder}/${name}`;
    const found = await stat(join(root, path)).catch((cause: NodeJS.ErrnoException) => {
      throw new DataError({ what: `${join(root, path)} cannot be read.`, received: cause.code ?? cause.message });
    });
    if (found.isDirectory()) await walk(root, path, new Set([...above, real]), files);
    else if (found.isFile()) files.push({ from: path, bytes: found.size, modifiedMs: Math.floor(found.mtimeMs) });
  }
}
