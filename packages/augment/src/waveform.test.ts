import { describe, expect, test } from '@jest/globals';
import { createRng } from '@asc/core';
import fc from 'fast-check';
import { randomCrop } from './random-crop.js';
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
});
