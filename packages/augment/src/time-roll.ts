import { checkNonNegativeInteger, type Rng } from '@asc/core';

/**
 * A copy rotated by a random number of samples; what leaves at one end enters at the other: (S) to (S). One draw: uniform over
 * all rotations, or over −maxShift … maxShift where that is given.
 *
 * @throws UsageError where `maxShift` is no integer of at least 0.
 */
export function timeRoll(samples: Float32Array, rng: Rng, maxShift?: number): Float32Array {
  const out = new Float32Array(samples.length);
  if (samples.length === 0) return out;
  const drawn = maxShift === undefined ? rng.integer(samples.length) : drawShift(maxShift, rng);
  const shift = ((drawn % samples.length) + samples.length) % samples.length;
  out.set(samples.subarray(samples.length - shift));
  out.set(samples.subarray(0, samples.length - shift), shift);
  return out;
}

function drawShift(maxShift: number, rng: Rng): number {
  return rng.integer(2 * checkNonNegativeInteger('maxShift of timeRoll', maxShift) + 1) - maxShift;
}
