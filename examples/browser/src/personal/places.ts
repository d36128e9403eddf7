import { DataError } from '@asc/core';

/** Windows of a recording begin this far apart. */
const HOP_SECONDS = 0.5;
/** The end of each recording is kept aside, to see whether what was learnt holds. */
const ASIDE = 0.25;

/** Windows of a recording to learn from, and later ones that share no sample with them; none where it is too short for both. */
export interface Split {
  readonly learn: readonly Float32Array[];
  readonly check: readonly Float32Array[];
}

/**
 * Cuts a recording (S) into windows of `windowSamples`.
 *
 * @throws DataError where it is shorter than two windows, or nothing but silence.
 */
export function splitRecording(samples: Float32Array, windowSamples: number, sampleRateHz: number): Split {
  if (samples.length < 2 * windowSamples) {
    throw new DataError({
      what: 'The recording is too short to learn from.',
      expected: `at least ${((2 * windowSamples) / sampleRateHz).toFixed(0)} s`,
      received: `${(samples.length / sampleRateHz).toFixed(1)} s`,
    });
  }
  if (samples.every((sample) => sample === samples[0])) {
    throw new DataError({ what: 'The recording holds no sound.', hint: 'Check the microphone and record again.' });
  }
  const hop = Math.round(HOP_SECONDS * sampleRateHz);
  const border = Math.max(windowSamples, Math.round(samples.length * (1 - ASIDE)));
  const cut = (from: number, to: number): Float32Array[] => {
    const windows: Float32Array[] = [];
    for (let at = from; at + windowSamples <= to; at += hop) windows.push(samples.slice(at, at + windowSamples));
    return windows;
  };
  return { learn: cut(0, border), check: cut(border, samples.length) };
}

/** Mean and deviation of each of E numbers over the rows of (N, E); a number that never changes has deviation 1. */
export function columnStatistics(
  rows: Float32Array,
  width: number,
): { readonly mean: Float64Array; readonly deviation: Float64Array } {
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  const count = rows.length / width;
  rows.forEach((x, i) => (mean[i % width]! += x / count));
  rows.forEach((x, i) => (deviation[i % width]! += (x - mean[i % width]!) ** 2 / count));
  deviation.forEach((variance, i) => (deviation[i] = variance > 1e-12 ? Math.sqrt(variance) : 1));
  return { mean, deviation };
}
