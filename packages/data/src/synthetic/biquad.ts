/** Coefficients of a second-order filter, normalised to a0 = 1. */
export interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

export type BiquadKind = 'lowpass' | 'highpass' | 'peak';

/**
 * Designs a second-order filter. `gainDb` counts for `peak` only. Frequencies are held below 0.45 of the sample rate, so
 * that one description serves every rate. Source: R. Bristow-Johnson, Audio EQ Cookbook (W3C note).
 */
export function biquad(kind: BiquadKind, sampleRateHz: number, hz: number, q: number, gainDb = 0): Biquad {
  const omega = (2 * Math.PI * Math.min(hz, 0.45 * sampleRateHz)) / sampleRateHz;
  const cos = Math.cos(omega);
  const alpha = Math.sin(omega) / (2 * q);
  if (kind === 'peak') {
    const gain = 10 ** (gainDb / 40);
    const a0 = 1 + alpha / gain;
    return {
      b0: (1 + alpha * gain) / a0,
      b1: (-2 * cos) / a0,
      b2: (1 - alpha * gain) / a0,
      a1: (-2 * cos) / a0,
      a2: (1 - alpha / gain) / a0,
    };
  }
  const a0 = 1 + alpha;
  const sign = kind === 'lowpass' ? 1 : -1;
  const b0 = (1 - sign * cos) / 2 / a0;
  return { b0, b1: sign * 2 * b0, b2: b0, a1: (-2 * cos) / a0, a2: (1 - alpha) / a0 };
}

/** Filters `samples` in place, from rest. */
export function applyBiquad(samples: Float32Array, filter: Biquad): void {
  const { b0, b1, b2, a1, a2 } = filter;
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i] as number;
    const y = b0 * x + s1;
    s1 = b1 * x - a1 * y + s2;
    s2 = b2 * x - a2 * y;
    samples[i] = y;
  }
}
