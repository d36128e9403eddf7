import { describe, expect, test } from '@jest/globals';
import { DataError, UsageError } from '@asc/core';
import meyda from 'meyda';
import { DESCRIPTOR_NAMES, descriptors, type DescriptorName } from './descriptors.js';
import { goldenSignal, noise } from './golden.test.helpers.js';
import { makeWindow } from './windows.js';

const config = {
  preset: 'xin2022',
  windowSamples: 441,
  hopSamples: 300,
  fftLength: 512,
  window: 'hamming',
  center: 'none',
} as const;
const clip = goldenSignal().subarray(3000, 5000);

function row(names: readonly DescriptorName[], name: string, samples = clip): Float32Array {
  const map = descriptors(config, names).compute(samples);
  const f = map.names.indexOf(name);
  return map.data.subarray(f * map.frames, (f + 1) * map.frames);
}

/** Magnitudes of bins 0 … N/2 − 1 of the windowed frame `t`, by the defining sum. */
function magnitudes(t: number): number[] {
  const window = makeWindow('hamming', 441);
  return Array.from({ length: 256 }, (_, k) => {
    let [re, im] = [0, 0];
    for (let n = 0; n < 441; n += 1) {
      const x = clip[t * 300 + n]! * window[n]!;
      re += x * Math.cos((2 * Math.PI * k * n) / 512);
      im += x * Math.sin((2 * Math.PI * k * n) / 512);
    }
    return Math.hypot(re, im);
  });
}

describe('descriptors', () => {
  test('rms, energy and zero crossings are those of the window as it is', () => {
    const [rms, energy, zcr] = [row(['rms'], 'rms'), row(['energy'], 'energy'), row(['zcr'], 'zcr')];
    expect(rms).toHaveLength(6);
    rms.forEach((value, t) => {
      const frame = clip.subarray(t * 300, t * 300 + 441);
      const sum = frame.reduce((total, x) => total + x * x, 0);
      expect(value).toBeCloseTo(Math.sqrt(sum / 441), 6);
      expect(energy[t]).toBeCloseTo(sum, 4);
      expect(zcr[t]).toBe(frame.reduce((n, x, i) => n + (i > 0 && x >= 0 !== frame[i - 1]! >= 0 ? 1 : 0), 0));
    });
  });

  test('centroid, spread, flatness, rolloff and crest follow their formulas on the windowed spectrum', () => {
    const names = [
      'spectralCentroid',
      'spectralSpread',
      'spectralFlatness',
      'spectralRolloff',
      'spectralCrest',
    ] as const;
    const values = names.map((name) => row(names, name));
    for (const t of [0, 3, 5]) {
      const amplitudes = magnitudes(t);
      const sum = amplitudes.reduce((total, a) => total + a, 0);
      const centroid = amplitudes.reduce((total, a, k) => total + k * a, 0) / sum;
      const spread = Math.sqrt(amplitudes.reduce((total, a, k) => total + (k - centroid) ** 2 * a, 0) / sum);
      const geometric = Math.exp(amplitudes.reduce((total, a) => total + Math.log(a), 0) / 256);
      let [bin, tail] = [255, amplitudes[255]!];
      while (tail < 0.01 * sum) tail += amplitudes[--bin]!;
      const power = Math.sqrt(amplitudes.reduce((total, a) => total + a * a, 0) / 256);
      // Meyda works in float32.
      expect(values[0]![t]! / centroid).toBeCloseTo(1, 4);
      expect(values[1]![t]! / spread).toBeCloseTo(1, 4);
      expect(values[2]![t]! / (geometric / (sum / 256))).toBeCloseTo(1, 3);
      expect(values[3]![t]! / ((bin * 44100) / (2 * 255))).toBeCloseTo(1, 6);
      expect(values[4]![t]! / (Math.max(...amplitudes) / power)).toBeCloseTo(1, 4);
    }
  });

  test('all descriptors have named rows and are finite, silence included', () => {
    for (const samples of [clip, new Float32Array(2000)]) {
      const map = descriptors(config, DESCRIPTOR_NAMES).compute(samples);
      expect(map.names).toHaveLength(map.bands);
      expect(new Set(map.names).size).toBe(map.bands);
      expect(map.data).toHaveLength(map.bands * map.frames);
      expect(map.data.every(Number.isFinite)).toBe(true);
      expect(map.names).toEqual(
        expect.arrayContaining(['rms', 'mfcc.12', 'chroma.11', 'loudness.total', 'loudness.23']),
      );
    }
  });

  test('rows come in the order asked for and do not depend on what else is asked', () => {
    const map = descriptors(config, ['mfcc', 'zcr', 'rms'], { mfccCoefficients: 2, melBands: 20 }).compute(clip);
    expect(map.names).toEqual(['mfcc.0', 'mfcc.1', 'zcr', 'rms']);
    expect(map.data.subarray(3 * map.frames)).toEqual(row(['rms'], 'rms'));
  });

  test("two rates side by side keep their own banks, and Meyda's shared settings stay as they were", () => {
    const shared = meyda as unknown as Record<string, unknown>;
    const before = { ...shared };
    const slow = { ...config, sampleRateHz: 16000, maxHz: 8000 };
    const alone = descriptors(slow, ['mfcc', 'chroma']).compute(clip);
    const first = descriptors(config, ['mfcc', 'chroma']);
    const second = descriptors(slow, ['mfcc', 'chroma']);
    const fast = first.compute(clip);
    expect(second.compute(clip).data).toEqual(alone.data);
    expect(first.compute(clip).data).toEqual(fast.data);
    expect(fast.data).not.toEqual(alone.data);
    expect({ ...shared }).toEqual(before);
  });

  test('wrong calls are refused with the choices', () => {
    expect(() => descriptors({ ...config, fftLength: 441 }, ['rms'])).toThrow(/powers of two[^]*512/);
    expect(() => descriptors(config, [])).toThrow(UsageError);
    expect(() => descriptors(config, ['centroid' as 'rms'])).toThrow(/spectralCentroid/);
    expect(() => descriptors(config, ['rms'], { mfcc: 3 } as object)).toThrow(/mfccCoefficients/);
    expect(() => descriptors(config, ['mfcc'], { mfccCoefficients: 41, melBands: 64 })).toThrow(/at most 40/);
    expect(() => descriptors(config, ['mfcc'], { mfccCoefficients: 20, melBands: 10 })).toThrow(/at most 10/);
    expect(() => descriptors(config, ['chroma'], { chromaBands: 0 })).toThrow(UsageError);
    expect(() => descriptors(config, ['rms']).compute(noise(10))).toThrow(DataError);
  });
});
