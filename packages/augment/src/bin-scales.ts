import { checkFinite, checkPositiveInteger, type Rng } from '@asc/core';

/**
 * One random factor for each FFT bin, (K), for the spectrum socket of a front end: uniform in [1 − alpha, 1 + alpha), independent
 * of each other. K draws; with an `alpha` of 0 all are 1.
 * Source: Heo and others (DCASE 2021 task 1A), who give alpha 0.5 and draw a picture; the uniform law is our reading of it.
 *
 * @throws UsageError where `bins` is no positive integer, and for `alpha` outside 0 to 1.
 */
export function binScales(bins: number, alpha: number, rng: Rng): Float32Array {
  checkFinite('alpha of binScales', alpha, { min: 0, max: 1 });
  const scales = rng.fillUniform(new Float32Array(checkPositiveInteger('bins', bins)));
  return scales.map((uniform) => 1 + alpha * (2 * uniform - 1));
}
