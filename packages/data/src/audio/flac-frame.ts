import type { FlacBits } from './flac-bits.js';
import { crcTable } from './flac-crc.js';
import type { FlacKernel } from './flac-kernel.js';
import { NotAFrame, readSubframe } from './flac-subframe.js';

/** What STREAMINFO promises about every frame. */
export interface FlacStream {
  readonly minBlockSamples: number;
  readonly maxBlockSamples: number;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly bits: number;
}

/** One decoded block: `planes` holds `blockSamples` integers a channel, valid until the next frame is read. */
export interface FlacFrame {
  /** Number of its first sample in the stream. */
  readonly startSamples: number;
  readonly blockSamples: number;
  readonly bytes: number;
  readonly planes: readonly Int32Array[];
}

/** Sample rates by their code; 0 stands for what the file header says. */
export const RATES_HZ = [0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000] as const;
/** Sample widths by their code. */
export const SAMPLE_BITS = [0, 8, 12, undefined, 16, 20, 24, 32] as const;

/** The "UTF-8"-like number of a frame header: up to 36 bits. */
function readCodedNumber(bits: FlacBits): number {
  const first = bits.unsigned(8);
  if (first < 0x80) return first;
  const more = Math.clz32(~(first << 24)) - 1;
  if (more < 1 || more > 6) throw new NotAFrame('damaged frame number');
  let value = first & (2 ** (6 - more) - 1);
  for (let i = 0; i < more; i++) {
    const next = bits.unsigned(8);
    if (next >> 6 !== 2) throw new NotAFrame('damaged frame number');
    value = value * 64 + (next & 63);
  }
  return value;
}

/**
 * Makes a reader of frames of one stream, whose bits and samples are in `kernel`: it decodes the frame at `bits.position` (a whole byte) and steps behind it.
 * Both checksums are verified. Source: RFC 9639, section 9.
 *
 * @throws {NotAFrame} (by the reader) no intact frame of this stream starts here. @throws {OutOfBytes} the bytes end first.
 */
export function createFlacFrameReader(stream: FlacStream, kernel: FlacKernel): (bits: FlacBits) => FlacFrame {
  const crc8 = crcTable(0x07, 8);
  kernel.arrange(stream.channels, stream.maxBlockSamples);

  return (bits) => {
    const start = bits.position >>> 3;
    if (bits.unsigned(15) !== 0x7ffc) throw new NotAFrame('no frame starts here');
    const variable = bits.unsigned(1) === 1;
    const sizeCode = bits.unsigned(4);
    const rateCode = bits.unsigned(4);
    const layout = bits.unsigned(4);
    const widthCode = bits.unsigned(3);
    if (bits.unsigned(1) !== 0 || sizeCode === 0 || rateCode === 15) throw new NotAFrame('reserved header bits');
    const number = readCodedNumber(bits);
    const blockSamples =
      sizeCode === 1
        ? 192
        : sizeCode < 6
          ? 576 * 2 ** (sizeCode - 2)
          : sizeCode === 6
            ? bits.unsigned(8) + 1
            : sizeCode === 7
              ? bits.unsigned(16) + 1
              : 256 * 2 ** (sizeCode - 8);
    const rateHz =
      rateCode === 12
        ? bits.unsigned(8) * 1000
        : rateCode === 13
          ? bits.unsigned(16)
          : rateCode === 14
            ? bits.unsigned(16) * 10
            : rateCode === 0
              ? stream.sampleRateHz
              : RATES_HZ[rateCode];
    let crc = 0;
    for (let at = start; at < bits.position >>> 3; at++) crc = crc8[crc ^ bits.bytes[at]!]!;
    if (bits.unsigned(8) !== crc) throw new NotAFrame('frame header checksum differs');

    const channels = layout < 8 ? layout + 1 : 2;
    const sampleBits = widthCode === 0 ? stream.bits : SAMPLE_BITS[widthCode];
    if (
      layout > 10 ||
      rateHz !== stream.sampleRateHz ||
      channels !== stream.channels ||
      sampleBits !== stream.bits ||
      blockSamples > stream.maxBlockSamples
    ) {
      throw new NotAFrame('frame contradicts the file header');
    }
    // Of a stereo pair stored as left/side, side/right or mid/side, the side channel has one bit more.
    const side = layout === 8 || layout === 10 ? 1 : layout === 9 ? 0 : -1;
    const { planes } = kernel;
    planes.forEach((plane, c) => readSubframe(kernel, bits, stream.bits + (c === side ? 1 : 0), plane, blockSamples));
    const [left, right] = planes;
    if (side >= 0 && left !== undefined && right !== undefined) restoreStereo(layout, left, right, blockSamples);

    bits.position = (bits.position + 7) & ~7;
    const end = bits.position >>> 3;
    const stored = bits.unsigned(16);
    bits.check();
    if (stored !== kernel.checksum(start, end)) throw new NotAFrame('frame checksum differs');
    const startSamples = variable ? number : number * stream.minBlockSamples;
    return { startSamples, blockSamples, bytes: end + 2 - start, planes };
  };
}

function restoreStereo(layout: number, left: Int32Array, right: Int32Array, blockSamples: number): void {
  if (layout === 8) {
    for (let i = 0; i < blockSamples; i++) right[i] = left[i]! - right[i]!;
  } else if (layout === 9) {
    for (let i = 0; i < blockSamples; i++) left[i] = left[i]! + right[i]!;
  } else {
    for (let i = 0; i < blockSamples; i++) {
      const side = right[i]!;
      const mid = (left[i]! << 1) | (side & 1);
      left[i] = (mid + side) >> 1;
      right[i] = (mid - side) >> 1;
    }
  }
}
