import type { FeatureMap, Rng } from '@asc/core';
import { checkMap } from './check-map.js';

/**
 * A copy rotated in time by a uniformly drawn number of frames, all bands and channels together: (F, T, C) to (F, T, C).
 * One draw.
 *
 * @throws UsageError where the map's sizes are not its data's.
 */
export function rollMap(map: FeatureMap, rng: Rng): FeatureMap {
  checkMap(map);
  const { data, bands, frames, channels } = map;
  const shift = rng.integer(frames) * channels;
  const rowLength = frames * channels;
  const out = new Float32Array(data.length);
  for (let band = 0; band < bands; band++) {
    const row = data.subarray(band * rowLength, (band + 1) * rowLength);
    out.set(row.subarray(rowLength - shift), band * rowLength);
    out.set(row.subarray(0, rowLength - shift), band * rowLength + shift);
  }
  return { data: out, bands, frames, channels };
}
