import { createHash } from 'node:crypto';
import { UsageError } from '@asc/core';
import { FlacBitWriter } from './flac-bit-writer.js';
import { crcTable, createFrameChecksum } from './flac-crc.js';
import { RATES_HZ, SAMPLE_BITS } from './flac-frame.js';
import { createSubframeEncoder } from './flac-subframe-encoder.js';
import { storedBytes } from './stored-bytes.js';

/** Sound as integers: a plane of equal length for every channel. */
export interface IntegerSound {
  readonly planes: readonly Int32Array[];
  readonly bits: number;
  readonly sampleRateHz: number;
}

const BLOCK_SAMPLES = 4096;
const BLOCK_CODE = 12;
const MAX_RATE_HZ = 2 ** 20 - 1;

/**
 * Encodes 1 to 8 channels of integers of 4 to 24 bits as a FLAC file: blocks of 4096 samples, constant, verbatim, fixed and linear
 * prediction (order 8), Rice coding in up to 64 partitions, the shortest of four forms of stereo, and the MD5 of the samples.
 * Source: RFC 9639.
 *
 * @throws {UsageError} nothing to encode, planes of different length, or a format FLAC has not.
 */
export function encodeFlac(sound: IntegerSound): Uint8Array {
  const { planes, bits, sampleRateHz } = sound;
  const samples = planes[0]?.length ?? 0;
  check(sound, samples);
  const frames: Uint8Array[] = [];
  const sizes = { least: Infinity, most: 0 };
  const md5 = createHash('md5');
  const encodeFrame = createFrameEncoder(planes.length, bits, sampleRateHz);
  for (let at = 0, number = 0; at < samples; at += BLOCK_SAMPLES, number++) {
    const block = planes.map((plane) => plane.subarray(at, at + BLOCK_SAMPLES));
    md5.update(storedBytes(block, bits, block[0]!.length));
    const frame = encodeFrame(block, number);
    sizes.least = Math.min(sizes.least, frame.length);
    sizes.most = Math.max(sizes.most, frame.length);
    frames.push(frame);
  }
  const info = Buffer.alloc(42);
  info.write('fLaC', 0, 'latin1');
  // The only metadata block, of 34 bytes.
  info.writeUInt32BE(0x80000022, 4);
  info.writeUInt16BE(BLOCK_SAMPLES, 8);
  info.writeUInt16BE(BLOCK_SAMPLES, 10);
  info.writeUIntBE(sizes.least, 12, 3);
  info.writeUIntBE(sizes.most, 15, 3);
  const format = (BigInt(sampleRateHz) << 44n) | (BigInt(planes.length - 1) << 41n) | (BigInt(bits - 1) << 36n);
  info.writeBigUInt64BE(format | BigInt(samples), 18);
  md5.digest().copy(info, 26);
  return Buffer.concat([info, ...frames]);
}

function check({ planes, bits, sampleRateHz }: IntegerSound, samples: number): void {
  const refuse = (expected: string, received: string): never => {
    throw new UsageError({ what: 'This sound cannot be stored as FLAC.', expected, received });
  };
  if (planes.length < 1 || planes.length > 8) refuse('1 to 8 channels', `${planes.length}`);
  if (samples === 0 || samples >= 2 ** 36) refuse('1 to 2^36 samples', `${samples}`);
  if (planes.some((plane) => plane.length !== samples))
    refuse('channels of equal length', planes.map((plane) => plane.length).join(', '));
  if (!Number.isInteger(bits) || bits < 4 || bits > 24) refuse('4 to 24 bits', `${bits}`);
  if (!Number.isInteger(sampleRateHz) || sampleRateHz < 1 || sampleRateHz > MAX_RATE_HZ) {
    refuse(`a rate of 1 to ${MAX_RATE_HZ} Hz`, `${sampleRateHz}`);
  }
  const limit = 2 ** (bits - 1);
  for (const plane of planes) {
    for (let i = 0; i < samples; i++) {
      if (plane[i]! >= limit || plane[i]! < -limit) refuse(`samples of ${bits} bits`, `${plane[i]} at sample ${i}`);
    }
  }
}

function createFrameEncoder(
  channels: number,
  bits: number,
  sampleRateHz: number,
): (block: readonly Int32Array[], number: number) => Uint8Array {
  const crc8 = crcTable(0x07, 8);
  const checksum = createFrameChecksum();
  const out = new FlacBitWriter();
  const encoders = Array.from({ length: channels === 2 ? 4 : channels }, () => createSubframeEncoder(BLOCK_SAMPLES));
  const mid = new Int32Array(BLOCK_SAMPLES);
  const side = new Int32Array(BLOCK_SAMPLES);
  const rateCode = Math.max(0, RATES_HZ.indexOf(sampleRateHz as 44100));
  const widthCode = Math.max(0, SAMPLE_BITS.indexOf(bits as 16));

  /** Plans a block; the channel layout's code and the encoders that hold its channels. */
  const plan = (block: readonly Int32Array[], count: number): readonly [number, readonly number[]] => {
    const sizes = block.map((plane, c) => encoders[c]!.plan(plane, count, bits));
    const [left, right] = block;
    if (channels !== 2 || left === undefined || right === undefined) return [channels - 1, sizes.map((_, c) => c)];
    for (let i = 0; i < count; i++) {
      side[i] = left[i]! - right[i]!;
      mid[i] = (left[i]! + right[i]!) >> 1;
    }
    const [l, r] = [sizes[0]!, sizes[1]!];
    const m = encoders[2]!.plan(mid, count, bits);
    const s = encoders[3]!.plan(side, count, bits + 1);
    const forms = [
      [l + r, 1, [0, 1]],
      [l + s, 8, [0, 3]],
      [s + r, 9, [3, 1]],
      [m + s, 10, [2, 3]],
    ] as const;
    const [, layout, members] = forms.reduce((best, form) => (form[0] < best[0] ? form : best));
    return [layout, members];
  };

  return (block, number) => {
    const count = block[0]!.length;
    const [layout, members] = plan(block, count);
    out.clear();
    out.put(0xfff8, 16);
    const whole = count === BLOCK_SAMPLES;
    out.put(whole ? BLOCK_CODE : 7, 4);
    out.put(rateCode, 4);
    out.put(layout, 4);
    out.put(widthCode, 3);
    out.put(0, 1);
    putCodedNumber(out, number);
    if (!whole) out.put(count - 1, 16);
    let sum = 0;
    for (const byte of out.align()) sum = crc8[sum ^ byte]!;
    out.put(sum, 8);
    for (const member of members) encoders[member]!.write(out);
    const frame = out.align();
    out.put(checksum(frame, 0, frame.length), 16);
    return out.align().slice();
  };
}

/** The "UTF-8"-like number of a frame header: up to 31 bits here. */
function putCodedNumber(out: FlacBitWriter, number: number): void {
  if (number < 0x80) {
    out.put(number, 8);
    return;
  }
  let more = 1;
  while (number >= 2 ** (5 * more + 6)) more++;
  out.put((0xff & ~(2 ** (7 - more) - 1)) | (number >>> (6 * more)), 8);
  for (let i = more - 1; i >= 0; i--) out.put(0x80 | ((number >>> (6 * i)) & 63), 8);
}
