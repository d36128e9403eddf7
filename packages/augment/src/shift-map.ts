import { checkFinite, type FeatureMap, type Rng } from '@asc/core';
import { checkMap } from './check-map.js';
import { rotateFrames } from './rotate-frames.js';

/**
 * A copy rotated in time by round(N(0, sdFrames)) frames, either way, ends joined: (F, T, C) to (F, T, C). One draw; an
 * `sdFrames` of 0 is a copy.
 * Source: Xin and others (DCASE 2022 task 1), N(0, 10); that 10 is the standard deviation and not the variance is our reading.
 *
 * @throws UsageError for `sdFrames` below 0, or where the map's sizes are not its data's.
 */
export function shiftMap(map: FeatureMap, sdFrames: number, rng: Rng): FeatureMap {
  checkMap(map);
  checkFinite('sdFrames of shiftMap', sdFrames, { min: 0 });
  return rotateFrames(map, Math.round(sdFrames * rng.normal()));
}
