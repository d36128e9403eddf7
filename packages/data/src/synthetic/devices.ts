import { type Rng, UsageError, describeValue } from '@asc/core';
import { applyBiquad, biquad } from './biquad.js';

/** How a recording device colours what it hears. */
export interface SyntheticDevice {
  readonly gainDb: number;
  readonly highpassHz: number;
  readonly lowpassHz: number;
  /** Resonances and dips: (Hz, dB, Q). */
  readonly peaks: readonly (readonly [hz: number, gainDb: number, q: number])[];
  /** Level of its own noise, relative to full scale, and where that noise is rolled off. */
  readonly noiseDb: number;
  readonly noiseLowpassHz: number;
}

/**
 * The nine devices, invented: `a` a good binaural recorder, `b` and `c` phones, `s1`–`s6` what phones might also be.
 * `s4`–`s6` differ from all that training hears, by more treble loss, resonance and noise.
 */
export const SYNTHETIC_DEVICES: Readonly<Record<string, SyntheticDevice>> = {
  a: { gainDb: 0, highpassHz: 25, lowpassHz: 18_000, peaks: [], noiseDb: -78, noiseLowpassHz: 15_000 },
  b: device(-3, 90, 14_000, [[2800, 4, 1.2]], -68, 8_000),
  c: device(3, 60, 11_000, [[900, -4, 0.9]], -70, 5_000),
  s1: device(2, 130, 12_500, [[1600, 5, 1.5]], -66, 9_000),
  s2: device(-5, 40, 9_000, [[4200, 5, 1.1]], -69, 3_500),
  s3: device(
    -1,
    180,
    15_000,
    [
      [600, 4, 1],
      [5200, -6, 1],
    ],
    -64,
    12_000,
  ),
  s4: device(4, 220, 8_000, [[2200, 7, 1.6]], -62, 6_000),
  s5: device(
    -6,
    70,
    7_000,
    [
      [1200, -6, 0.8],
      [3400, 6, 1.8],
    ],
    -64,
    2_500,
  ),
  s6: device(
    0,
    260,
    10_000,
    [
      [750, 6, 1.4],
      [6000, -8, 0.9],
    ],
    -60,
    10_000,
  ),
};

function device(
  gainDb: number,
  highpassHz: number,
  lowpassHz: number,
  peaks: SyntheticDevice['peaks'],
  noiseDb: number,
  noiseLowpassHz: number,
): SyntheticDevice {
  return { gainDb, highpassHz, lowpassHz, peaks, noiseDb, noiseLowpassHz };
}

/** Records `samples` with a device, in place: its frequency response, gain, own noise from `rng`, and soft clipping. */
export function recordWith(samples: Float32Array, sampleRateHz: number, name: string, rng: Rng): void {
  const described = Object.hasOwn(SYNTHETIC_DEVICES, name) ? SYNTHETIC_DEVICES[name] : undefined;
  if (described === undefined) {
    throw new UsageError({
      what: 'There is no such synthetic device.',
      expected: `one of ${Object.keys(SYNTHETIC_DEVICES).join(', ')}`,
      received: describeValue(name),
    });
  }
  const { gainDb, highpassHz, lowpassHz, peaks, noiseDb, noiseLowpassHz } = described;
  applyBiquad(samples, biquad('highpass', sampleRateHz, highpassHz, Math.SQRT1_2));
  applyBiquad(samples, biquad('lowpass', sampleRateHz, lowpassHz, Math.SQRT1_2));
  for (const [hz, peakDb, q] of peaks) applyBiquad(samples, biquad('peak', sampleRateHz, hz, q, peakDb));
  const noise = rng.fillUniform(new Float32Array(samples.length));
  for (let i = 0; i < noise.length; i++) noise[i] = (noise[i] as number) - 0.5;
  applyBiquad(noise, biquad('lowpass', sampleRateHz, noiseLowpassHz, Math.SQRT1_2));
  const gain = 10 ** (gainDb / 20);
  // Uniform noise of width 1 has an RMS of 1/√12.
  const noiseGain = Math.sqrt(12) * 10 ** (noiseDb / 20);
  for (let i = 0; i < samples.length; i++) {
    const x = gain * (samples[i] as number) + noiseGain * (noise[i] as number);
    samples[i] = softClip(x);
  }
}

/** Linear up to 0.7 of full scale, then bends towards 1 without reaching it. */
function softClip(x: number): number {
  const size = Math.abs(x);
  if (size <= 0.7) return x;
  const over = (size - 0.7) / 0.3;
  return Math.sign(x) * (0.7 + (0.3 * over) / (1 + over));
}
