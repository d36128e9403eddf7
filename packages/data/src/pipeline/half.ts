import { DataError } from '@asc/core';

/** The largest number of half precision. */
export const MAX_HALF = 65504;

/** The bits of the half-precision number nearest to a finite `value` of at most {@link MAX_HALF}, ties to even; NaN stays NaN. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const x = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (x === 0) return sign;
  // The exponent of the last of 11 bits; numbers below 2^-14 share that of the smallest.
  const exponent = Math.max(-14, Math.floor(Math.log2(x)));
  const steps = roundToEven(x * 2 ** (10 - exponent));
  // 2048 steps are 1024 of the next exponent: the sum carries over by itself.
  return sign + (exponent + 14) * 1024 + steps;
}

/** The number of half-precision bits. Source: IEEE 754-2019, binary16. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Bits of the smallest normal half, 2^-14, and what lies between the exponents of the two precisions, as float32. */
const NORMAL = 0x38800000;
const REBIAS = 0x38000000;

/**
 * The bits of the halves nearest to `data`, as {@link toHalf} finds them one by one.
 *
 * @throws {DataError} numbers beyond half precision.
 */
export function packHalves(data: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const halves = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (Math.abs(value) > MAX_HALF) {
      throw new DataError({
        what: 'A number does not fit half precision.',
        expected: `magnitudes of at most ${MAX_HALF}`,
        received: `${value}`,
        hint: 'Keep the cache in float32.',
      });
    }
    const magnitude = bits[i]! & 0x7fffffff;
    // A carry out of the 10 bits of the fraction is the next exponent.
    const rounded = (magnitude - REBIAS + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
    halves[i] = magnitude < NORMAL || Number.isNaN(value) ? toHalf(value) : ((bits[i]! >>> 16) & 0x8000) | rounded;
  }
  return halves;
}

/** The numbers of these bits, as {@link fromHalf} finds them one by one. */
export function unpackHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const data = new Float32Array(halves.length);
  const bits = new Uint32Array(data.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const exponent = (half >> 10) & 31;
    if (exponent === 0 || exponent === 31) data[i] = fromHalf(half);
    else bits[i] = ((half & 0x8000) << 16) | (((half & 0x7fff) << 13) + REBIAS);
  }
  return data;
}

function roundToEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}
