/** How a float32 number x becomes a small integer: q = clamp(round(x / scale) + zeroPoint). */
export interface QuantizationParameters {
  readonly type: 'int8' | 'uint8';
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Smallest and largest value a tensor took. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

export const INTEGER_LIMITS = { int8: { min: -128, max: 127 }, uint8: { min: 0, max: 255 } } as const;

/** Smallest normal float32: a smaller scale stands for a tensor that is always zero. */
const FLOAT32_TINY = 2 ** -126;

/**
 * Asymmetric parameters that represent 0 exactly and cover `range`. Formula and rounding (float32 range, float64 scale,
 * scale stored as float32) as `compute_scale_zp` of onnxruntime 1.30, so that both quantizers agree to the bit.
 */
export function activationParameters(range: ValueRange, type: 'int8' | 'uint8'): QuantizationParameters {
  const { min: low, max: high } = INTEGER_LIMITS[type];
  const min = Math.fround(Math.min(range.min, 0));
  const max = Math.fround(Math.max(range.max, 0));
  const scale = Math.fround(max - min) / (high - low);
  if (scale < FLOAT32_TINY) return { type, scale: 1, zeroPoint: 0 };
  return { type, scale: Math.fround(scale), zeroPoint: roundHalfEven(low - min / scale) };
}

/** Scale of symmetric int8 weights in [−127, 127] whose largest magnitude is `absMax`. */
export function symmetricScale(absMax: number): number {
  const scale = Math.fround(2 * absMax) / 254;
  return scale < FLOAT32_TINY ? 1 : Math.fround(scale);
}

/** Nearest integer, halves to the even one. */
export function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
