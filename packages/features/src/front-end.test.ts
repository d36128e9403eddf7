import { describe, expect, test } from '@jest/globals';
import { DataError, UsageError, type FrontEndConfig } from '@asc/core';
import { frontEnd } from './front-end.js';
import {
  goldenFloat64,
  goldenJson,
  goldenSignal,
  largestDifference,
  largestMagnitude,
  noise,
} from './golden.test.helpers.js';
import { frontEndPreset, isPresetName } from './presets.js';

interface GoldenMap {
  readonly name: string;
  readonly preset: boolean;
  readonly config: FrontEndConfig;
  /** [F, T, C] of the whole map. */
  readonly shape: readonly [number, number, number];
  /** The frames that `file` holds: (F, frames, C). */
  readonly frames: readonly number[];
  readonly file: string;
}

const goldens = goldenJson<GoldenMap[]>('front-ends.json');
const signal = goldenSignal();
const small: FrontEndConfig = {
  ...frontEndPreset('xin2022').config,
  windowSamples: 256,
  hopSamples: 128,
  fftLength: 256,
  bands: 16,
};

describe('frontEnd', () => {
  test.each(goldens)('$name equals librosa and torch', ({ name, preset, config, shape, frames, file }) => {
    if (preset) expect(isPresetName(name) && frontEndPreset(name).config).toEqual(config);
    const map = frontEnd(config).compute(signal);
    const [bands, count, channels] = shape;
    expect([map.bands, map.frames, map.channels]).toEqual(shape);
    const expected = goldenFloat64(file);
    const picked: number[] = [];
    for (let f = 0; f < bands; f += 1) {
      for (const t of frames)
        for (let c = 0; c < channels; c += 1) picked.push(map.data[(f * count + t) * channels + c]!);
    }
    // References are float64; ours are float64 rounded to float32 once, twice where statistics or deltas follow: units in
    // the last place (6e-8) of the largest number in the map.
    expect(largestDifference(picked, expected)).toBeLessThan(3e-7 * largestMagnitude(expected));
  });

  test('the shape is known beforehand', () => {
    for (const { config, shape } of goldens) {
      const built = frontEnd(config);
      expect([built.bands, built.frames(signal.length), built.channels]).toEqual(shape);
    }
    expect(frontEnd('vggish').frames(399)).toBe(0);
    expect(() => frontEnd('vggish').frames(Number.NaN)).toThrow(UsageError);
  });

  test('clips of any order and length give what a fresh front end gives: scratch memory does not leak', () => {
    const built = frontEnd('clova2021');
    for (const length of [30_000, 12_000, 44_100, 12_000]) {
      const clip = signal.subarray(0, length);
      expect(built.compute(clip).data).toEqual(frontEnd('clova2021').compute(clip).data);
    }
    const [a, b] = [built.compute(signal), built.compute(noise(44_100))];
    expect(a.data).not.toEqual(b.data);
    expect(a.data).toEqual(built.compute(signal).data);
  });

  test('the input is left as it was', () => {
    const clip = signal.slice();
    frontEnd('amfm-small').compute(clip);
    expect(clip).toEqual(signal);
  });

  test('the plan computes the same frame by the textbook', () => {
    const built = frontEnd({ preset: 'clova2021', center: 'zero', normalise: { kind: 'none' } });
    const { window, filterbank, deltaKernel } = built.plan();
    expect(deltaKernel).toHaveLength(2 * 9);
    const map = built.compute(signal);
    const t = 12;
    const frame = Array.from(
      window,
      (w, n) => w * (signal[t * 882 - 1024 + n + 1]! - 0.97 * signal[t * 882 - 1024 + n]!),
    );
    for (const f of [0, 40, 127]) {
      let energy = 0;
      for (let k = 0; k <= 1024; k += 1) {
        const weight = filterbank![k * 128 + f]!;
        if (weight === 0) continue;
        let [re, im] = [0, 0];
        frame.forEach((x, n) => {
          re += x * Math.cos((2 * Math.PI * ((k * n) % 2048)) / 2048);
          im += x * Math.sin((2 * Math.PI * ((k * n) % 2048)) / 2048);
        });
        energy += weight * (re * re + im * im);
      }
      // The plan's window is rounded to float32: loud bins leak 6e-8 of their size into faint ones.
      expect(Math.abs(map.data[(f * map.frames + t) * 3]! - Math.log(energy + 1e-7))).toBeLessThan(2e-5);
      const slope = Array.from({ length: 9 }, (_, j) => deltaKernel![j]! * map.data[(f * map.frames + t - 4 + j) * 3]!);
      const sum = slope.reduce((total, x) => total + x, 0);
      expect(Math.abs(map.data[(f * map.frames + t) * 3 + 1]! - sum)).toBeLessThan(2e-6);
    }
  });

  test('without centring the plan starts its window at sample 0', () => {
    const { window, deltaKernel, filterbank } = frontEnd('vggish').plan();
    expect(window[1]).toBeGreaterThan(0);
    expect(window.subarray(400).every((w) => w === 0)).toBe(true);
    expect(deltaKernel).toBeUndefined();
    expect(filterbank).toHaveLength(257 * 64);
    expect(frontEnd({ ...small, mel: 'none', melNorm: 'none', bands: 129 }).plan().filterbank).toBeUndefined();
  });

  test('silence and a constant are finite everywhere', () => {
    for (const { config } of goldens) {
      for (const level of [0, 0.5]) {
        const map = frontEnd(config).compute(new Float32Array(12_000).fill(level));
        expect(map.data.every(Number.isFinite)).toBe(true);
      }
    }
    expect(largestMagnitude(frontEnd('amfm-small').compute(new Float32Array(6000)).data)).toBe(0);
  });

  test('a constant lives in the lowest bins only', () => {
    const linear = { ...small, mel: 'none', melNorm: 'none', bands: 129, log: { kind: 'none' } } as const;
    const map = frontEnd(linear).compute(new Float32Array(1024).fill(0.5));
    // A periodic Hann window of 256 sums to 128 and has exactly three non-zero bins.
    expect(map.data[0]).toBeCloseTo(64 ** 2, 6);
    expect(map.data[map.frames]).toBeCloseTo(32 ** 2, 6);
    expect(largestMagnitude(map.data.subarray(2 * map.frames))).toBeLessThan(1e-20);
  });

  test('too short, empty and damaged clips are refused with what to do', () => {
    const built = frontEnd(small);
    expect(() => built.compute(new Float32Array(0))).toThrow(/empty[^]*at least 129/);
    expect(() => built.compute(new Float32Array(128))).toThrow(/center: "zero"/);
    expect(built.compute(noise(129)).frames).toBe(2);
    expect(frontEnd({ ...small, center: 'zero' }).compute(noise(1)).frames).toBe(1);
    expect(() => frontEnd({ ...small, center: 'none' }).compute(noise(255))).toThrow(DataError);
    expect(() => frontEnd('clova2021').compute(noise(5000))).toThrow(/deltas/);
    const damaged = noise(1000);
    damaged[777] = Number.NaN;
    expect(() => built.compute(damaged)).toThrow(/NaN at sample 777/);
    damaged[777] = -Infinity;
    expect(() => built.compute(damaged)).toThrow(DataError);
    expect(() => built.compute([1, 2, 3] as unknown as Float32Array)).toThrow(UsageError);
    expect(() => built.compute(new Float64Array(1000) as unknown as Float32Array)).toThrow(/Float64Array/);
  });

  test('samples as large as float32 allows do not overflow', () => {
    const map = frontEnd(small).compute(noise(1000).map((x) => x * 1e30));
    expect(map.data.every(Number.isFinite)).toBe(true);
  });

  test('bands that no bin falls into are named', () => {
    expect(frontEnd('clova2021').emptyBands).toEqual([]);
    expect(frontEnd({ preset: 'vggish', bands: 200 }).emptyBands.length).toBeGreaterThan(0);
  });

  test('bin scales multiply the spectrum before the filters; 1 changes no bit', () => {
    const samples = noise(3000);
    for (const spectrum of ['power', 'magnitude'] as const) {
      const plain = frontEnd({ ...small, spectrum, log: { kind: 'none' } });
      const ones = new Float32Array(plain.bins).fill(1);
      expect(plain.bins).toBe(129);
      expect(plain.compute(samples, { binScales: ones })).toEqual(plain.compute(samples));
      const doubled = plain.compute(samples, { binScales: ones.map(() => 2) }).data;
      plain.compute(samples).data.forEach((value, i) => expect(doubled[i]).toBeCloseTo(2 * value, 5));
      const linear = frontEnd({ ...small, spectrum, mel: 'none', melNorm: 'none', bands: 129, log: { kind: 'none' } });
      const scales = Float32Array.from({ length: 129 }, (_, k) => k / 64);
      const unscaled = linear.compute(samples);
      const scaled = linear.compute(samples, { binScales: scales }).data;
      unscaled.data.forEach((value, i) => {
        const wanted = value * scales[Math.floor(i / unscaled.frames)]!;
        // Rounded to float32 once here, twice there.
        expect(Math.abs(scaled[i]! - wanted)).toBeLessThanOrEqual(2 ** -23 * wanted);
      });
      expect(linear.compute(samples)).toEqual(unscaled);
    }
  });

  test('refuses bin scales that do not fit', () => {
    const built = frontEnd(small);
    const compute = (binScales: unknown) => () => built.compute(noise(1000), { binScales } as never);
    expect(compute(new Float32Array(128))).toThrow('a Float32Array of 129');
    expect(compute(new Float32Array(129).fill(-1))).toThrow('-1 at bin 0');
    expect(compute(new Float32Array(129).fill(NaN))).toThrow('NaN at bin 0');
    expect(compute(1)).toThrow('received 1');
    expect(() => built.compute(noise(1000), { scales: 1 } as never)).toThrow('unknown key');
  });
});
