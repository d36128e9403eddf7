import { describe, expect, test } from '@jest/globals';
import { createRng, ndArray } from '@asc/core';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { freqMixStyle, mixStatistics } from './freq-mix-style.js';

interface Case {
  readonly shape: number[];
  readonly x: number[];
  readonly weights: number[];
  readonly partners: number[];
  readonly y: number[];
}
const GOLDEN = JSON.parse(
  readFileSync(new URL('../../../golden/augment/freq_mix_style.json', import.meta.url), 'utf8'),
) as Case[];

const batchOf = (seed: number, shape: readonly number[]) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return ndArray('float32', shape, createRng(seed).fillNormal(new Float32Array(size)));
};
const SHAPES = fc.tuple(
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 6 }),
  fc.integer({ min: 1, max: 3 }),
);
const RUNS = { seed: 61, numRuns: 60 };

describe('freqMixStyle', () => {
  test.each(GOLDEN)('is that of torch for $shape', ({ shape, x, weights, partners, y }) => {
    const mixed = mixStatistics(ndArray('float32', shape, Float32Array.from(x)), weights, partners);
    const scale = Math.max(...y.map(Math.abs));
    // Both in float64, rounded to float32 once: a last bit, at most, of the largest number.
    mixed.data.forEach((value, i) => expect(Math.abs(value - y[i]!)).toBeLessThanOrEqual(2 ** -22 * scale));
  });

  test('with λ = 1 or oneself as partner it is the identity', () => {
    fc.assert(
      fc.property(SHAPES, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (shape, seed, lambda) => {
        const batch = batchOf(seed, shape);
        const [size] = shape;
        const order = createRng(seed).permutation(size);
        expect(mixStatistics(batch, new Float32Array(size).fill(1), order)).toEqual(batch);
        const own = mixStatistics(batch, new Float32Array(size).fill(lambda), Int32Array.from(order).sort());
        own.data.forEach((value, i) => expect(value).toBeCloseTo(batch.data[i]!, 5));
      }),
      RUNS,
    );
  });

  test('with λ = 0 every clip has the statistics of its partner', () => {
    const batch = batchOf(3, [3, 2, 40, 2]);
    const partners = [2, 0, 1];
    const { data } = mixStatistics(batch, new Float32Array(3), partners);
    const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length;
    for (let row = 0; row < 6; row++) {
      const other = partners[Math.floor(row / 2)]! * 2 + (row % 2);
      expect(mean(data.subarray(row * 80, row * 80 + 80))).toBeCloseTo(
        mean(batch.data.subarray(other * 80, other * 80 + 80)),
        5,
      );
    }
  });

  test('keeps shape, is finite, fixed by the seed, differs between seeds, and changes no input', () => {
    const batch = batchOf(5, [4, 3, 8, 1]);
    const before = structuredClone(batch);
    const options = { probability: 1, alpha: 0.3 };
    const mixed = freqMixStyle(batch, options, createRng(1));
    expect(mixed.shape).toEqual(batch.shape);
    expect(mixed.data.every(Number.isFinite)).toBe(true);
    expect(freqMixStyle(batch, options, createRng(1))).toEqual(mixed);
    expect(freqMixStyle(batch, options, createRng(2))).not.toEqual(mixed);
    expect(batch).toEqual(before);
  });

  test('happens as often as asked', () => {
    const batch = batchOf(5, [2, 1, 4, 1]);
    const changed = (probability: number) =>
      Array.from({ length: 400 }, (_, seed) => freqMixStyle(batch, { probability, alpha: 1 }, createRng(seed))).filter(
        (mixed) => mixed.data.some((value, i) => value !== batch.data[i]),
      ).length;
    expect(changed(0)).toBe(0);
    // Half of the orders of two clips leave each with itself: about 400 · 0.4 / 2, within three deviations.
    expect(Math.abs(changed(0.4) - 80)).toBeLessThan(24);
    expect(freqMixStyle(batch, { probability: 1, alpha: 0 }, createRng(1))).toEqual(batch);
  });

  test('refuses what it cannot mix', () => {
    const rng = createRng(1);
    const options = { probability: 0.5, alpha: 0.3 };
    expect(() => freqMixStyle(ndArray('float32', [2, 3]), options, rng)).toThrow('(B, F, T, C)');
    expect(() => freqMixStyle(ndArray('int32', [1, 1, 1, 1]), options, rng)).toThrow('float32');
    expect(() => freqMixStyle(batchOf(1, [1, 1, 1, 1]), { probability: 1.5, alpha: 1 }, rng)).toThrow('received 1.5');
    expect(() => freqMixStyle(batchOf(1, [1, 1, 1, 1]), { probability: 1, alpha: NaN }, rng)).toThrow('received NaN');
    expect(freqMixStyle(ndArray('float32', [0, 2, 2, 1]), options, rng).data).toHaveLength(0);
  });
});
