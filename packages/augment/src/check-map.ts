import { checkPositiveInteger, UsageError, type FeatureMap } from '@asc/core';

/**
 * Refuses a feature map whose sizes are not its data's.
 *
 * @throws UsageError naming the sizes.
 */
export function checkMap(map: FeatureMap): void {
  const { bands, frames, channels, data } = map;
  checkPositiveInteger('bands of the feature map', bands);
  checkPositiveInteger('frames of the feature map', frames);
  checkPositiveInteger('channels of the feature map', channels);
  if (data.length !== bands * frames * channels) {
    throw new UsageError({
      what: 'The feature map does not hold what its sizes say.',
      expected: `${bands} bands × ${frames} frames × ${channels} channels = ${bands * frames * channels} numbers`,
      received: `${data.length}`,
    });
  }
}
