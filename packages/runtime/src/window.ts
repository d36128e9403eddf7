import { checkPositiveInteger, type ModelCard, type Waveform } from '@asc/core';

/** A recording this much longer than the window, at most, is trimmed rather than cropped: official clips differ by a sample. */
const TRIMMED_SHARE = 0.01;

/** Whether a recording needs more than one window to be heard whole. */
export function isLonger(samples: number, windowSamples: number): boolean {
  return samples > windowSamples * (1 + TRIMMED_SHARE);
}

/**
 * First samples of `crops` windows spread evenly over a recording, the first at its start and the last at its end; a single
 * one is centred. A recording that fits the window has one, at 0.
 */
export function windowStarts(samples: number, windowSamples: number, crops: number): number[] {
  checkPositiveInteger('crops', crops);
  if (!isLonger(samples, windowSamples)) return [0];
  const slack = samples - windowSamples;
  if (crops === 1) return [Math.round(slack / 2)];
  return Array.from({ length: crops }, (_, i) => Math.round((i * slack) / (crops - 1)));
}

/** Windows it takes to hear a recording whole, at most `most`. */
export function windowsToCover(samples: number, windowSamples: number, most: number): number {
  return isLonger(samples, windowSamples) ? Math.min(most, Math.ceil(samples / windowSamples)) : 1;
}

/** Exactly `windowSamples` samples (S): the rest is left out, or what is missing is filled by starting over. */
export function fitToWindow(samples: Float32Array, windowSamples: number): Float32Array {
  if (samples.length === windowSamples) return samples;
  if (samples.length > windowSamples) return samples.slice(0, windowSamples);
  const fitted = new Float32Array(windowSamples);
  for (let at = 0; at < windowSamples; at += samples.length) {
    fitted.set(samples.subarray(0, Math.min(samples.length, windowSamples - at)), at);
  }
  return fitted;
}

/**
 * The windows that cover a sound of any length at any rate, copied at its own rate, `clipSamples` long once at `sampleRateHz`; at
 * most `most`, spread evenly.
 */
export function* windowsOf(
  { samples, sampleRateHz }: Waveform,
  card: Pick<ModelCard, 'sampleRateHz' | 'clipSamples'>,
  most: number,
): Generator<Waveform, void, undefined> {
  const own = Math.round((card.clipSamples * sampleRateHz) / card.sampleRateHz);
  for (const start of windowStarts(samples.length, own, windowsToCover(samples.length, own, most))) {
    const end = isLonger(samples.length, own) ? start + own : samples.length;
    yield { samples: samples.slice(start, end), sampleRateHz };
  }
}
