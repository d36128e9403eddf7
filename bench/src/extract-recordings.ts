import { createRng, UsageError } from '@asc/core';
import { encodeFlac, probeAudio, readAudio, renderClip } from '@asc/data';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScratchFolder } from './scratch-folder.js';

const RATE_HZ = 44_100;
export const CLIP_SECONDS = 10;
export const CLIPS = 24;
const FULL_SCALE = 2 ** 23;

/** The same clips of 10 s at 44.1 kHz, 24 bits, mono, as WAV and as FLAC: the form of TAU 2020 Mobile. */
export interface Recordings {
  readonly wav: readonly string[];
  readonly flac: readonly string[];
}

/**
 * Writes the clips: recordings of `folder`, joined, or streets of the synthetic dataset. Noise at the last bits makes them fill their
 * 24 bits, as those of a recorder do.
 *
 * @throws UsageError for a folder without 44.1 kHz recordings.
 */
export async function writeRecordings(folder: string | undefined, scratch: ScratchFolder): Promise<Recordings> {
  const [wav, flac]: [string[], string[]] = [[], []];
  let at = 0;
  for await (const samples of folder === undefined ? synthetic() : joined(folder)) {
    const noise = createRng(1).split('bench', at).fillNormal(new Float32Array(samples.length));
    const plane = Int32Array.from(samples, (x, i) =>
      Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(0.98 * x * FULL_SCALE + 64 * noise[i]!))),
    );
    wav.push(await scratch.writeFile(`${at}.wav`, wavBytes(plane)));
    flac.push(await scratch.writeFile(`${at}.flac`, encodeFlac({ planes: [plane], bits: 24, sampleRateHz: RATE_HZ })));
    at++;
  }
  return { wav, flac };
}

async function* synthetic(): AsyncGenerator<Float32Array> {
  for (let i = 0; i < CLIPS; i++) {
    const config = { seed: 1, clipSeconds: CLIP_SECONDS, sampleRateHz: RATE_HZ };
    yield renderClip(config, `street_traffic-barcelona-${i}-${i}-a.wav`).samples;
  }
}

async function* joined(folder: string): AsyncGenerator<Float32Array> {
  const clip = new Float32Array(CLIP_SECONDS * RATE_HZ);
  let [filled, made] = [0, 0];
  for (const name of (await readdir(folder)).filter((each) => /\.(wav|flac)$/i.test(each)).sort()) {
    const path = join(folder, name);
    if ((await probeAudio(path)).sampleRateHz !== RATE_HZ) continue;
    const { samples } = await readAudio(path);
    for (let from = 0; from < samples.length;) {
      const part = samples.subarray(from, from + clip.length - filled);
      clip.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled < clip.length) continue;
      yield clip.slice();
      filled = 0;
      if (++made === CLIPS) return;
    }
  }
  if (made > 0) return;
  throw new UsageError({
    what: `${folder} cannot be measured with.`,
    expected: `${CLIP_SECONDS} s of WAV or FLAC at ${RATE_HZ} Hz`,
  });
}

function wavBytes(plane: Int32Array): Buffer {
  const bytes = Buffer.alloc(44 + 3 * plane.length);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(RATE_HZ, 24);
  bytes.writeUInt32LE(3 * RATE_HZ, 28);
  bytes.writeUInt16LE(3, 32);
  bytes.writeUInt16LE(24, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(3 * plane.length, 40);
  plane.forEach((value, i) => bytes.writeIntLE(value, 44 + 3 * i, 3));
  return bytes;
}
