import type { FeatureMap, Rng } from '@asc/core';
import { checkMap } from './check-map.js';
import { drawSpans, zeroSpansInPlace, type MaskOptions } from './mask-spans.js';

/**
 * A copy with random bands and frames set to zero, all channels together: (F, T, C) to (F, T, C). Zero is the mean of a
 * normalised map; mask after normalising.
 * Source: Park and others, "SpecAugment", Interspeech 2019, without its time warping.
 *
 * @throws UsageError for unknown options, counts or widths that are not integers of at least 0, a `maxWidth` longer than its
 * axis, or where the map's sizes are not its data's.
 */
export function maskMap(map: FeatureMap, options: MaskOptions, rng: Rng): FeatureMap {
  checkMap(map);
  const { bands, frames, channels } = map;
  const data = map.data.slice();
  zeroSpansInPlace(data, drawSpans(options, bands, frames, rng), bands, frames, channels);
  return { data, bands, frames, channels };
}
