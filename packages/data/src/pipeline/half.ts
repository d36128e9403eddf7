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

function roundToEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}
