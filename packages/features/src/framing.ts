import { DataError, type FrontEndConfig } from '@asc/core';

/** What cuts a clip into frames, in samples. */
export type FramingConfig = Pick<
  FrontEndConfig,
  'preEmphasis' | 'windowSamples' | 'hopSamples' | 'fftLength' | 'center'
>;

/** Samples added on each side before framing. */
export function paddingSamples(config: FramingConfig): number {
  return config.center === 'none' ? 0 : Math.floor(config.fftLength / 2);
}

/** Where the window starts inside a frame of N samples: it is centred, except that `none` starts at sample 0. */
export function windowOffset(config: FramingConfig): number {
  return config.center === 'none' ? 0 : Math.floor((config.fftLength - config.windowSamples) / 2);
}

/** Samples left after pre-emphasis, which drops the first. */
export function emphasisedSamples(config: FramingConfig, samples: number): number {
  return config.preEmphasis === 0 ? samples : Math.max(0, samples - 1);
}

/** Fewest samples (S) that give a frame. */
export function minimumSamples(config: FramingConfig): number {
  const dropped = config.preEmphasis === 0 ? 0 : 1;
  if (config.center === 'none') return config.windowSamples + dropped;
  const padding = paddingSamples(config);
  const forOneFrame = Math.max(1, config.fftLength - 2 * padding);
  return (config.center === 'reflect' ? Math.max(forOneFrame, padding + 1) : forOneFrame) + dropped;
}

/**
 * Frames (T) of a clip of `samples`: 1 + ⌊(S′ + 2·⌊N/2⌋ − N) / hop⌋ centred, 1 + ⌊(S′ − window) / hop⌋ not centred, where
 * S′ is S less the sample that pre-emphasis drops; 0 where the clip is too short.
 */
export function frameCount(config: FramingConfig, samples: number): number {
  if (samples < minimumSamples(config)) return 0;
  const left = emphasisedSamples(config, samples);
  const span = config.center === 'none' ? config.windowSamples : config.fftLength - 2 * paddingSamples(config);
  return 1 + Math.floor((left - span) / config.hopSamples);
}

/** @throws DataError where a clip of `samples` has no frame. */
export function checkClipLength(config: FramingConfig, samples: number): void {
  const fewest = minimumSamples(config);
  if (samples >= fewest) return;
  const reasons = {
    reflect: `Reflect padding mirrors ${paddingSamples(config)} samples, so the clip must be longer than that; \`center: "zero"\` takes shorter ones.`,
    zero: 'Give the clip a sample.',
    none: `One window is ${config.windowSamples} samples.`,
  };
  throw new DataError({
    what: samples === 0 ? 'The clip is empty.' : 'The clip is too short for this front end.',
    expected: `at least ${fewest} samples`,
    received: String(samples),
    hint: reasons[config.center],
  });
}

/** @throws DataError that names the first sample that is NaN or infinite. */
export function checkFiniteSamples(samples: Float32Array, firstIndex = 0): void {
  // x − x is NaN where x is not finite; four sums at once, because each addition waits for the one before.
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = samples.length - (samples.length % 4);
  for (let n = 0; n < whole; n = (n + 4) | 0) {
    a += samples[n]! - samples[n]!;
    b += samples[n + 1]! - samples[n + 1]!;
    c += samples[n + 2]! - samples[n + 2]!;
    d += samples[n + 3]! - samples[n + 3]!;
  }
  for (let n = a + b + c + d === 0 ? whole : 0; n < samples.length; n += 1) {
    if (Number.isFinite(samples[n])) continue;
    throw new DataError({
      what: 'The waveform holds a number that is not one.',
      expected: 'finite samples',
      received: `${samples[n]} at sample ${firstIndex + n}`,
      hint: 'Repair or leave out the recording: one such sample spoils every statistic of its clip.',
    });
  }
}

/** Samples of the clip as frames read it: pre-emphasised and padded. */
export function paddedSamples(config: FramingConfig, samples: number): number {
  return emphasisedSamples(config, samples) + 2 * paddingSamples(config);
}

/**
 * The clip as frames read it: pre-emphasised, then padded on both sides, written to `out`.
 *
 * `out` holds {@link paddedSamples} numbers; S is at least {@link minimumSamples}.
 */
export function padClip(config: FramingConfig, samples: Float32Array, out: Float64Array): void {
  const padding = paddingSamples(config);
  const length = emphasisedSamples(config, samples.length);
  const a = config.preEmphasis;
  if (a === 0) out.set(samples, padding);
  else for (let n = 0; n < length; n += 1) out[padding + n] = samples[n + 1]! - a * samples[n]!;
  padEdges(config, out, length);
}

/** Fills the padding around the `length` samples that `out` holds after its left padding. */
export function padEdges(config: FramingConfig, out: Float64Array, length: number): void {
  const padding = paddingSamples(config);
  const end = padding + length;
  if (config.center === 'zero') {
    out.fill(0, 0, padding);
    out.fill(0, end, end + padding);
    return;
  }
  for (let i = 1; i <= padding; i += 1) {
    out[padding - i] = out[padding + i]!;
    out[end - 1 + i] = out[end - 1 - i]!;
  }
}
