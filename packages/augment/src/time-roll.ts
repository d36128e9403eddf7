import type { Rng } from '@asc/core';

/**
 * A copy rotated by a uniformly drawn number of samples; what leaves at the end enters at the start: (S) to (S). One draw.
 */
export function timeRoll(samples: Float32Array, rng: Rng): Float32Array {
  const out = new Float32Array(samples.length);
  if (samples.length === 0) return out;
  const shift = rng.integer(samples.length);
  out.set(samples.subarray(samples.length - shift));
  out.set(samples.subarray(0, samples.length - shift), shift);
  return out;
}
