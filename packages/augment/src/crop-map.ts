import { checkPositiveInteger, UsageError, type FeatureMap, type Rng } from '@asc/core';
import { checkMap } from './check-map.js';

/**
 * A copy of `frames` neighbouring frames from a uniformly drawn place: (F, T, C) to (F, frames, C). One draw.
 *
 * @throws UsageError where the map is shorter than `frames`, or its sizes are not its data's.
 */
export function cropMap(map: FeatureMap, frames: number, rng: Rng): FeatureMap {
  checkMap(map);
  checkPositiveInteger('The crop length in frames', frames);
  const { data, bands, channels } = map;
  if (map.frames < frames) {
    throw new UsageError({
      what: 'The feature map is too short to crop.',
      expected: `at least ${frames} frames`,
      received: `${map.frames}`,
      hint: 'Crop less, or start from a longer sound.',
    });
  }
  const start = rng.integer(map.frames - frames + 1);
  const out = new Float32Array(bands * frames * channels);
  for (let band = 0; band < bands; band++) {
    const from = (band * map.frames + start) * channels;
    out.set(data.subarray(from, from + frames * channels), band * frames * channels);
  }
  return { data: out, bands, frames, channels };
}
