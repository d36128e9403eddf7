import type { FeatureMap, Rng } from '@asc/core';
import { checkMap } from './check-map.js';
import { rotateFrames } from './rotate-frames.js';

/**
 * A copy rotated in time by a uniformly drawn number of frames, all bands and channels together: (F, T, C) to (F, T, C).
 * One draw.
 *
 * @throws UsageError where the map's sizes are not its data's.
 */
export function rollMap(map: FeatureMap, rng: Rng): FeatureMap {
  checkMap(map);
  return rotateFrames(map, rng.integer(map.frames));
}
