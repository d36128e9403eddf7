import { checkPositiveInteger, UsageError, type Rng } from '@asc/core';

/**
 * A copy of `length` samples from a uniformly drawn place: (S) to (length). One draw.
 *
 * @throws UsageError where the sound is shorter than `length`.
 */
export function randomCrop(samples: Float32Array, length: number, rng: Rng): Float32Array {
  checkPositiveInteger('The crop length in samples', length);
  if (samples.length < length) {
    throw new UsageError({
      what: 'The sound is too short to crop.',
      expected: `at least ${length} samples`,
      received: `${samples.length}`,
      hint: 'Crop less, or pad or repeat the sound first.',
    });
  }
  const start = rng.integer(samples.length - length + 1);
  return samples.slice(start, start + length);
}
