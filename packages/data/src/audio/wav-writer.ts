import { checkKeys, checkOneOf, UsageError, type Waveform, writeFileAtomic } from '@asc/core';

/** How {@link writeWav} stores samples. */
export interface WriteWavOptions {
  /** `pcm16` (default) and `pcm24` saturate at full scale; `float32` keeps every sample exactly. */
  readonly encoding?: 'pcm16' | 'pcm24' | 'float32';
}

const BYTES = { pcm16: 2, pcm24: 3, float32: 4 } as const;
const BLOCK_SAMPLES = 1 << 16;
const HEADER_BYTES = 44;
const MAX_DATA_BYTES = 0xffffffff - HEADER_BYTES - 14 - 1;

function header(encoding: keyof typeof BYTES, sampleRateHz: number, samples: number): Buffer {
  const bytes = BYTES[encoding];
  const float = encoding === 'float32';
  const dataBytes = samples * bytes;
  // Anything but PCM carries an extension size in its fmt chunk, and a fact chunk.
  const head = Buffer.alloc(HEADER_BYTES + (float ? 14 : 0));
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(head.length - 8 + dataBytes + (dataBytes % 2), 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(float ? 18 : 16, 16);
  head.writeUInt16LE(float ? 3 : 1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(sampleRateHz, 24);
  head.writeUInt32LE(sampleRateHz * bytes, 28);
  head.writeUInt16LE(bytes, 32);
  head.writeUInt16LE(bytes * 8, 34);
  if (float) {
    head.write('fact', 38, 'latin1');
    head.writeUInt32LE(4, 42);
    head.writeUInt32LE(samples, 46);
  }
  head.write('data', head.length - 8, 'latin1');
  head.writeUInt32LE(dataBytes, head.length - 4);
  return head;
}

function encode(samples: Float32Array, encoding: keyof typeof BYTES): Buffer {
  const bytes = BYTES[encoding];
  const out = Buffer.allocUnsafe(samples.length * bytes);
  if (encoding === 'float32') {
    for (let i = 0; i < samples.length; i++) out.writeFloatLE(samples[i]!, 4 * i);
    return out;
  }
  const scale = 2 ** (8 * bytes - 1);
  for (let i = 0; i < samples.length; i++) {
    const value = Math.min(scale - 1, Math.max(-scale, Math.round(samples[i]! * scale)));
    out.writeIntLE(value, i * bytes, bytes);
  }
  return out;
}

/** One channel as the bytes of a WAV file of 16 bits; samples saturate at full scale. For what is short enough to be held whole. */
export function encodeWav({ samples, sampleRateHz }: Waveform): Uint8Array {
  return Buffer.concat([header('pcm16', sampleRateHz, samples.length), encode(samples, 'pcm16')]);
}

/**
 * Writes one channel as a WAV file, whole or not at all: the samples go to a temporary file beside `path`, which then takes its name.
 * Integers of b bits are round(x · 2^(b−1)), limited to what b bits hold.
 *
 * @throws {UsageError} samples that are not finite, a sample rate that is not a positive integer, or more than 4 GiB.
 * @throws {DataError} the disk refused (full, read-only, no such folder); nothing is left behind.
 */
export async function writeWav(path: string, waveform: Waveform, options: WriteWavOptions = {}): Promise<void> {
  const { samples, sampleRateHz } = waveform;
  checkKeys('writeWav options', options, ['encoding']);
  const encoding = checkOneOf('encoding', options.encoding ?? 'pcm16', ['pcm16', 'pcm24', 'float32']);
  if (!Number.isInteger(sampleRateHz) || sampleRateHz < 1 || sampleRateHz * BYTES[encoding] > 0xffffffff) {
    throw new UsageError({
      what: `${path}: cannot be written`,
      expected: 'a sample rate of whole Hz, above 0',
      received: `${sampleRateHz}`,
    });
  }
  const bad = samples.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new UsageError({
      what: `${path}: cannot be written`,
      expected: 'finite samples',
      received: `${samples[bad]} at sample ${bad}`,
    });
  }
  if (samples.length * BYTES[encoding] > MAX_DATA_BYTES) {
    throw new UsageError({
      what: `${path}: cannot be written`,
      expected: 'less than 4 GiB of samples',
      received: `${samples.length} samples`,
      hint: 'write it in parts',
    });
  }
  await writeFileAtomic(path, piecesOf(samples, encoding, sampleRateHz), { durable: false });
}

/** The bytes of a file, a block at a time. */
function* piecesOf(samples: Float32Array, encoding: keyof typeof BYTES, sampleRateHz: number): Generator<Uint8Array> {
  yield header(encoding, sampleRateHz, samples.length);
  for (let at = 0; at < samples.length; at += BLOCK_SAMPLES)
    yield encode(samples.subarray(at, at + BLOCK_SAMPLES), encoding);
  if ((samples.length * BYTES[encoding]) % 2 === 1) yield Buffer.alloc(1);
}
