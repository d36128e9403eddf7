/** Largest finite float16. */
export const FLOAT16_MAX = 65_504;

/**
 * The float16 bit patterns nearest to float32 numbers, ties to even; subnormals kept, overflow to infinity. Source:
 * IEEE 754-2019, binary16.
 */
export function toFloat16Bits(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, roundToFloat16);
}

/** Float32 bits to float16 bits. */
function roundToFloat16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65,520, halfway between the largest float16 and 2^16, and all above round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    // Normal: rebias the exponent by 15 − 127, then drop 13 bits of the fraction.
    return sign | roundShift(magnitude - 0x38000000, 13);
  }
  // Subnormal: the fraction with its hidden bit, in units of 2^-24. Below 2^-25 everything rounds to zero.
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign;
  return sign | roundShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

/** `value / 2^shift` rounded to the nearest integer, ties to even. */
function roundShift(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0);
}
