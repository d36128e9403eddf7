import type { ModelCard, NdArray } from '@asc/core';

/**
 * Whether nothing is to be heard in the windows of a recording: waveforms (B, S) whose samples, or feature maps (B, F, T, C) whose
 * frames, are all the same. A network judges these too; what it says means nothing.
 */
export function isSilent(batches: readonly NdArray[], input: ModelCard['input']): boolean {
  return batches.every(({ shape, data }) => {
    const [frames = 1, channels = 1] = input === 'waveform' ? [shape[1]] : [shape[2], shape[3]];
    const row = frames * channels;
    return data.every((value, at) => value === data[at - (at % row) + (at % channels)]);
  });
}
