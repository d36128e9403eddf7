import { applyResamplingFilter, designResamplingFilter } from './resampling-filter.js';

/** Changes the sample rate of whole recordings. Holds a filter and no state: use one for any number of recordings. */
export interface Resampler {
  readonly fromHz: number;
  readonly toHz: number;
  /** ceil(n · toHz / fromHz): samples that `process` makes of n. */
  outputSamples(inputSamples: number): number;
  /** A new array; sample 0 stays at time 0 (no delay), the recording is taken to be silent outside. */
  process(samples: Float32Array): Float32Array;
}

/**
 * Designs a polyphase FIR resampler: linear phase, pass band to 90 % of the lower Nyquist frequency, at least 120 dB down from
 * there to every alias and image.
 *
 * @throws {UsageError} rates that are not positive whole numbers, or whose ratio needs an absurdly large filter.
 */
export function createResampler(fromHz: number, toHz: number): Resampler {
  const filter = designResamplingFilter(fromHz, toHz);
  const { up, down, taps, before } = filter;
  const outputSamples = (inputSamples: number) => Math.ceil((inputSamples * up) / down);
  if (up === down) return { fromHz, toHz, outputSamples, process: (samples) => samples.slice() };
  return {
    fromHz,
    toHz,
    outputSamples,
    process(samples) {
      const padded = new Float64Array(samples.length + 2 * taps);
      padded.set(samples, before);
      const out = new Float32Array(outputSamples(samples.length));
      applyResamplingFilter(filter, padded, { whole: 0, phase: 0 }, out);
      return out;
    },
  };
}

/**
 * Resamples one recording: (S) at `fromHz` to (ceil(S · toHz / fromHz)) at `toHz`. For many recordings of one rate, make one
 * {@link createResampler} and keep it.
 *
 * @throws {UsageError} see {@link createResampler}.
 */
export function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  return createResampler(fromHz, toHz).process(samples);
}
