import type { FeatureMap } from '@asc/core';

/**
 * Whether nothing is to be heard in a window: all samples, or all frames of its feature map (F, T, C), are the same. A network
 * judges these too; what it says means nothing. Raw samples are a map of one band.
 */
export function isSilent({ data, frames, channels }: FeatureMap): boolean {
  const row = frames * channels;
  return data.every((value, at) => value === data[at - (at % row) + (at % channels)]);
}
