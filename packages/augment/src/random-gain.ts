import { checkFinite, type Rng } from '@asc/core';
import { checkSamples } from './check-samples.js';

/**
 * A copy louder or softer by U(−maxDb, maxDb) decibels: (S) to (S). Samples may leave [−1, 1]; nothing is clipped. One draw; a
 * `maxDb` of 0 is a copy.
 *
 * @throws UsageError for samples that are not finite, and `maxDb` outside 0 to 60.
 */
export function randomGain(samples: Float32Array, maxDb: number, rng: Rng): Float32Array {
  checkSamples('The sound', samples);
  checkFinite('maxDb of randomGain', maxDb, { min: 0, max: 60 });
  const factor = 10 ** ((maxDb * (2 * rng.uniform() - 1)) / 20);
  return samples.map((sample) => sample * factor);
}
