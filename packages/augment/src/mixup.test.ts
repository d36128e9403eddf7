import { describe, expect, test } from '@jest/globals';
import { createRng, ndArray, type NdArray } from '@asc/core';
import fc from 'fast-check';
import { mixup } from './mixup.js';

/** Features (B, 2, 3, 1), one-hot scenes (B, 4) and the identity (B, B), which shows what was mixed with what. */
function example(size: number, seed: number): { features: NdArray; scene: NdArray; who: NdArray } {
  const rng = createRng(seed);
  const scene = new Float32Array(size * 4);
  const who = new Float32Array(size * size);
  for (let i = 0; i < size; i++) {
    scene[i * 4 + rng.integer(4)] = 1;
    who[i * size + i] = 1;
  }
  return {
    features: ndArray('float32', [size, 2, 3, 1], rng.fillNormal(new Float32Array(size * 6))),
    scene: ndArray('float32', [size, 4], scene),
    who: ndArray('float32', [size, size], who),
  };
}

const sizes = fc.integer({ min: 1, max: 12 });
const RUNS = { seed: 51, numRuns: 100 };

describe('mixup', () => {
  test('uses one lambda and one order for every clip and every array', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.constantFrom(0.1, 0.2, 1), (size, seed, alpha) => {
        const batch = example(size, seed);
        const { features, who } = mixup(batch, alpha, createRng(seed));
        // Mixing is linear, so the mixed identity is the mixing matrix itself: features = matrix · features.
        for (let clip = 0; clip < size; clip++) {
          for (let i = 0; i < 6; i++) {
            let expected = 0;
            for (let other = 0; other < size; other++) {
              expected += (who.data[clip * size + other] ?? 0) * (batch.features.data[other * 6 + i] ?? 0);
            }
            expect(features.data[clip * 6 + i]).toBeCloseTo(expected, 5);
          }
        }
        // Its columns sum to 1 too: the order is a permutation, every clip is used with the same total weight.
        for (let other = 0; other < size; other++) {
          let column = 0;
          for (let clip = 0; clip < size; clip++) column += who.data[clip * size + other] ?? 0;
          expect(column).toBeCloseTo(1, 6);
        }
        const off = new Set([...who.data].filter((w, i) => i % (size + 1) !== 0 && w > 0));
        expect(off.size).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  });

  test('keeps the sum of every soft label, is fixed by the seed and changes no input', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, seed) => {
        const batch = example(size, seed);
        const mixed = mixup(batch, 0.2, createRng(seed));
        for (let clip = 0; clip < size; clip++) {
          const sum = mixed.scene.data.subarray(clip * 4, clip * 4 + 4).reduce((a, b) => a + b, 0);
          expect(sum).toBeCloseTo(1, 6);
        }
        expect(mixup(batch, 0.2, createRng(seed))).toEqual(mixed);
        expect(batch).toEqual(example(size, seed));
      }),
      RUNS,
    );
  });

  test('mixing equal clips changes nothing', () => {
    const equal = { features: ndArray('float32', [3, 2], Float32Array.of(1, 2, 1, 2, 1, 2)) };
    const mixed = mixup(equal, 1, createRng(4)).features.data;
    mixed.forEach((value, i) => expect(value).toBeCloseTo(1 + (i % 2), 6));
  });

  test('is a copy at alpha 0', () => {
    const batch = example(5, 1);
    const copy = mixup(batch, 0, createRng(1));
    expect(copy).toEqual(batch);
    expect(copy.features.data).not.toBe(batch.features.data);
  });

  test('refuses what cannot be mixed', () => {
    const features = ndArray('float32', [2, 3]);
    const rng = createRng(1);
    expect(() => mixup({}, 0.2, rng)).toThrow('no arrays');
    expect(() => mixup({ features: ndArray('float32', []) }, 0.2, rng)).toThrow('"features" of shape ()');
    expect(() => mixup({ features, scene: ndArray('float32', [3, 4]) }, 0.2, rng)).toThrow('received (3, 4)');
    expect(() => mixup({ features, scene: ndArray('int32', [2]) }, 0.2, rng)).toThrow('one-hot');
    expect(() => mixup({ features }, -0.1, rng)).toThrow('received -0.1');
    expect(() => mixup({ features }, NaN, rng)).toThrow('received NaN');
    expect(mixup({ features: ndArray('float32', [0, 3]) }, 0.2, rng).features.data).toHaveLength(0);
  });
});
