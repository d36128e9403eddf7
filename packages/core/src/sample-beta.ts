import { checkFinite } from './checks.js';
import type { Rng } from './types.js';

/** Where exponents and quotients of the sampler stay finite; far beyond what any recipe asks for. */
const RANGE = { min: 1e-300, max: 1e300 };

/**
 * One draw of Beta(a, b), as X / (X + Y) with X, Y gamma distributed, compared in logarithms so that shapes far below 1
 * (where X and Y underflow) give 0 or 1, never NaN.
 *
 * @throws UsageError where `a` or `b` is not a number in [1e-300, 1e300].
 */
export function sampleBeta(rng: Rng, a: number, b: number): number {
  checkFinite('a of beta(a, b)', a, RANGE);
  checkFinite('b of beta(a, b)', b, RANGE);
  const logX = sampleLogGamma(rng, a);
  const logY = sampleLogGamma(rng, b);
  return 1 / (1 + Math.exp(logY - logX));
}

/**
 * ln of a Gamma(shape, 1) draw. Source: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS
 * 26(3), 2000; shapes below 1 through G(a) = G(a + 1) · U^(1/a).
 */
function sampleLogGamma(rng: Rng, shape: number): number {
  if (shape < 1) return sampleLogGamma(rng, shape + 1) + logUniform(rng) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const t = 1 + c * x;
    if (t <= 0) continue;
    const logV = 3 * Math.log(t);
    if (logUniform(rng) < 0.5 * x * x + d * (1 - t ** 3 + logV)) return Math.log(d) + logV;
  }
}

/** ln of a uniform number in (0, 1) with 53 bits. */
function logUniform(rng: Rng): number {
  return Math.log((rng.integer(2 ** 52) + 0.5) * 2 ** -52);
}
