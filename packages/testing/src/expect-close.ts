import { MismatchError } from './mismatch-error.js';

export interface CloseOptions {
  /** Allowed relative deviation, of the expected value; default 1e-5. */
  readonly rtol?: number;
  /** Allowed absolute deviation; default 1e-7. */
  readonly atol?: number;
  /** What is compared, for the message. */
  readonly what?: string;
}

/**
 * |actual − expected| ≤ atol + rtol·|expected| for every element. NaN is close to nothing.
 *
 * @throws MismatchError that names the worst element, how many are off, and the largest deviations.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { rtol = 1e-5, atol = 1e-7, what = 'values' }: CloseOptions = {},
): void {
  if (actual.length !== expected.length) {
    throw new MismatchError({
      what: `${what}: the lengths differ.`,
      expected: `${expected.length} values`,
      received: `${actual.length} values`,
    });
  }
  let off = 0;
  let worst = -1;
  let worstExcess = 0;
  for (let i = 0; i < expected.length; i++) {
    const allowed = atol + rtol * Math.abs(expected[i]!);
    const deviation = Math.abs(actual[i]! - expected[i]!);
    if (deviation <= allowed) continue;
    off++;
    const excess = Number.isNaN(deviation) ? Infinity : deviation / allowed;
    if (worst < 0 || excess > worstExcess) [worst, worstExcess] = [i, excess];
  }
  if (off === 0) return;
  const deviation = Math.abs(actual[worst]! - expected[worst]!);
  throw new MismatchError({
    what: `${what}: ${off} of ${expected.length} values are off, worst at index ${worst}.`,
    expected: `${expected[worst]} within rtol ${rtol}, atol ${atol}`,
    received: `${actual[worst]} (off by ${deviation.toExponential(2)})`,
  });
}

/** Largest |actual − expected| over the largest |expected|: a scale-free distance of two arrays. */
export function relativeDistance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let deviation = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    deviation = Math.max(deviation, Math.abs(actual[i]! - expected[i]!));
    scale = Math.max(scale, Math.abs(expected[i]!));
    if (Number.isNaN(actual[i]!)) return NaN;
  }
  return scale === 0 ? deviation : deviation / scale;
}
