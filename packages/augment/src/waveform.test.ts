import { describe, expect, test } from '@jest/globals';
import { createRng } from '@asc/core';
import fc from 'fast-check';
import { binScales } from './bin-scales.js';
import { randomCrop } from './random-crop.js';
import { randomGain } from './random-gain.js';
import { timeRoll } from './time-roll.js';

/** 1, 2, 3, …: every sample says where it came from. */
const ramp = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i + 1);

describe('randomCrop', () => {
  test('is a piece of the sound, fixed by the seed, and a copy', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(50), fc.nat(), (length, extra, seed) => {
        const sound = ramp(length + extra);
        const crop = randomCrop(sound, length, createRng(seed));
        const start = (crop[0] ?? 0) - 1;
        expect(crop).toEqual(sound.subarray(start, start + length));
        expect(crop).toEqual(randomCrop(sound, length, createRng(seed)));
        crop.fill(-1);
        expect(sound).toEqual(ramp(length + extra));
      }),
      { seed: 31, numRuns: 100 },
    );
  });

  test('starts everywhere, both ends included', () => {
    const rng = createRng(1);
    const starts = new Set(Array.from({ length: 200 }, () => randomCrop(ramp(8), 5, rng)[0]));
    expect([...starts].sort()).toEqual([1, 2, 3, 4]);
  });

  test('refuses a sound that is too short and a length that is no length', () => {
    expect(() => randomCrop(ramp(4), 5, createRng(1))).toThrow('expected at least 5 samples, received 4');
    expect(() => randomCrop(ramp(4), 0, createRng(1))).toThrow('received 0');
    expect(() => randomCrop(ramp(4), 1.5, createRng(1))).toThrow('received 1.5');
  });
});

describe('timeRoll', () => {
  test('is a rotation, fixed by the seed, and a copy', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(), (length, seed) => {
        const sound = ramp(length);
        const rolled = timeRoll(sound, createRng(seed));
        const first = sound.indexOf(rolled[0] ?? 0);
        expect([...rolled]).toEqual([...sound.subarray(first), ...sound.subarray(0, first)]);
        expect(rolled).toEqual(timeRoll(sound, createRng(seed)));
        rolled.fill(-1);
        expect(sound).toEqual(ramp(length));
      }),
      { seed: 32, numRuns: 100 },
    );
  });

  test('reaches every rotation, and leaves an empty sound empty', () => {
    const rng = createRng(1);
    expect(new Set(Array.from({ length: 200 }, () => timeRoll(ramp(5), rng)[0])).size).toBe(5);
    expect(timeRoll(new Float32Array(0), rng)).toHaveLength(0);
  });

  test('goes at most as far as it may, either way', () => {
    const rng = createRng(1);
    const firsts = new Set(Array.from({ length: 300 }, () => timeRoll(ramp(9), rng, 2)[0]));
    expect([...firsts].sort()).toEqual([1, 2, 3, 8, 9]);
    expect(timeRoll(ramp(4), rng, 0)).toEqual(ramp(4));
    expect(new Set(Array.from({ length: 200 }, () => timeRoll(ramp(3), rng, 50)[0])).size).toBe(3);
    expect(() => timeRoll(ramp(4), rng, -1)).toThrow('received -1');
  });
});

describe('randomGain', () => {
  test('is one factor within its range, fixed by the seed, and a copy', () => {
    const sound = ramp(5);
    const factors = Array.from({ length: 500 }, (_, seed) => randomGain(sound, 6, createRng(seed))[0]!);
    const decibels = factors.map((factor) => 20 * Math.log10(factor));
    expect(Math.min(...decibels)).toBeGreaterThan(-6.0001);
    expect(Math.max(...decibels)).toBeLessThan(6.0001);
    // The mean of 500 uniform draws of ±6: deviation 6/√3/√500 = 0.155.
    expect(Math.abs(decibels.reduce((a, b) => a + b, 0) / 500)).toBeLessThan(0.5);
    const louder = randomGain(sound, 6, createRng(3));
    louder.forEach((sample, i) => expect(sample / louder[0]!).toBeCloseTo(i + 1, 5));
    expect(randomGain(sound, 6, createRng(3))).toEqual(louder);
    expect(randomGain(sound, 6, createRng(4))).not.toEqual(louder);
    expect(randomGain(sound, 0, createRng(3))).toEqual(sound);
    expect(sound).toEqual(ramp(5));
    expect(() => randomGain(sound, -1, createRng(1))).toThrow('received -1');
  });
});

describe('binScales', () => {
  test('are uniform about 1, one for each bin, fixed by the seed; alpha 0 gives ones', () => {
    const scales = binScales(1025, 0.5, createRng(1));
    expect(scales).toHaveLength(1025);
    expect(scales.every((scale) => scale >= 0.5 && scale < 1.5)).toBe(true);
    const mean = scales.reduce((a, b) => a + b, 0) / 1025;
    const deviation = Math.sqrt(scales.reduce((sum, scale) => sum + (scale - mean) ** 2, 0) / 1025);
    // U(0.5, 1.5): mean 1, deviation 1/√12; both within four of their own deviations.
    expect(Math.abs(mean - 1)).toBeLessThan(0.036);
    expect(Math.abs(deviation - 1 / Math.sqrt(12))).toBeLessThan(0.02);
    expect(binScales(1025, 0.5, createRng(1))).toEqual(scales);
    expect(binScales(1025, 0.5, createRng(2))).not.toEqual(scales);
    expect(binScales(9, 0, createRng(1))).toEqual(new Float32Array(9).fill(1));
    expect(() => binScales(9, 1.1, createRng(1))).toThrow('received 1.1');
    expect(() => binScales(0, 0.5, createRng(1))).toThrow('received 0');
  });
});
