import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WavEncoding } from './wav-header.js';

/** Runs `body` with a folder that is gone afterwards; `file` puts bytes into it and gives the path. */
export async function inFolder<T>(
  body: (file: (name: string, bytes: Uint8Array | string) => Promise<string>, folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'asc-audio-'));
  try {
    return await body(async (name, bytes) => {
      const path = join(folder, name);
      await writeFile(path, bytes);
      return path;
    }, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function chunk(id: string, body: Uint8Array, sizeField = body.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, 'latin1');
  head.writeUInt32LE(sizeField, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

const BYTES = { u8: 1, s16: 2, s24: 3, s32: 4, f32: 4, f64: 8 } as const;

export function fmt(encoding: WavEncoding, channels: number, sampleRateHz = 8000): Buffer {
  const bytes = BYTES[encoding];
  const body = Buffer.alloc(16);
  body.writeUInt16LE(encoding.startsWith('f') ? 3 : 1, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(sampleRateHz, 4);
  body.writeUInt32LE(sampleRateHz * bytes * channels, 8);
  body.writeUInt16LE(bytes * channels, 12);
  body.writeUInt16LE(8 * bytes, 14);
  return chunk('fmt ', body);
}

export function riff(...chunks: Uint8Array[]): Buffer {
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks]));
}

/** Stored integers (floats for f32, f64) as the bytes of a data chunk. */
export function pack(encoding: WavEncoding, values: readonly number[]): Buffer {
  const bytes = BYTES[encoding];
  const out = Buffer.alloc(values.length * bytes);
  values.forEach((value, i) => {
    if (encoding === 'u8') out.writeUInt8(value + 128, i);
    else if (encoding === 'f32') out.writeFloatLE(value, 4 * i);
    else if (encoding === 'f64') out.writeDoubleLE(value, 8 * i);
    else out.writeIntLE(value, i * bytes, bytes);
  });
  return out;
}

function crc(bytes: readonly number[], polynomial: number, width: number): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << (width - 8);
    for (let bit = 0; bit < 8; bit++)
      sum = ((sum << 1) ^ ((sum >> (width - 1)) & 1 ? polynomial : 0)) & (2 ** width - 1);
  }
  return sum;
}

/** A mono 16-bit FLAC file of verbatim frames of 256 samples, numbered from 0, without an MD5. */
export function verbatimFlac(samples: Int16Array, totalField = samples.length): Buffer {
  const info = Buffer.alloc(34);
  info.writeUInt16BE(256, 0);
  info.writeUInt16BE(256, 2);
  info.writeBigUInt64BE((16000n << 44n) | (15n << 36n) | BigInt(totalField), 10);
  const parts: Uint8Array[] = [Buffer.from('fLaC'), Buffer.from([0x80, 0, 0, 34]), info];
  for (let number = 0; number * 256 < samples.length; number++) {
    const block = samples.subarray(number * 256, number * 256 + 256);
    const coded =
      number < 0x80
        ? [number]
        : number < 0x800
          ? [0xc0 | (number >> 6), 0x80 | (number & 63)]
          : [0xe0 | (number >> 12), 0x80 | ((number >> 6) & 63), 0x80 | (number & 63)];
    const head = [0xff, 0xf8, 0x75, 0x08, ...coded, (block.length - 1) >> 8, (block.length - 1) & 255];
    const frame = [...head, crc(head, 0x07, 8), 0x02];
    for (const value of block) frame.push((value >> 8) & 255, value & 255);
    const sum = crc(frame, 0x8005, 16);
    parts.push(Uint8Array.from([...frame, sum >> 8, sum & 255]));
  }
  return Buffer.concat(parts);
}
