import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { meanOverCrops } from './mean-over-crops.js';
import { softmax } from './softmax.js';

const logits = fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 12 });

describe('softmax', () => {
  test('is a posterior that keeps the order and ignores a common shift', () => {
    fc.assert(
      fc.property(logits, fc.integer({ min: -1000, max: 1000 }), (scores, shift) => {
        const p = softmax(scores);
        expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
        softmax(scores.map((z) => z + shift)).forEach((q, i) => expect(q).toBeCloseTo(p[i] ?? 0, 9));
        const top = scores.indexOf(Math.max(...scores));
        expect(p[top]).toBe(Math.max(...p));
      }),
      { seed: 21, numRuns: 200 },
    );
  });

  test('takes typed arrays, survives huge scores and refuses what has no posterior', () => {
    expect(softmax(Float32Array.of(1e30, 0))).toEqual([1, 0]);
    expect(softmax([0, Math.log(3)])[1]).toBeCloseTo(0.75, 12);
    expect(() => softmax([])).toThrow('received none');
    expect(() => softmax([0, NaN])).toThrow('received NaN at index 1');
    expect(() => softmax([Infinity])).toThrow('received Infinity at index 0');
  });
});

describe('meanOverCrops', () => {
  test('averages, and is the identity for one crop or equal crops', () => {
    expect(meanOverCrops([[1, 0], Float32Array.of(0.5, 0.5)])).toEqual([0.75, 0.25]);
    fc.assert(
      fc.property(logits, fc.integer({ min: 1, max: 5 }), (scores, times) => {
        const p = softmax(scores);
        const mean = meanOverCrops(Array.from({ length: times }, () => p));
        mean.forEach((q, i) => expect(q).toBeCloseTo(p[i] ?? 0, 12));
      }),
      { seed: 22, numRuns: 50 },
    );
  });

  test('refuses no crops, crops of other lengths and raw scores', () => {
    expect(() => meanOverCrops([])).toThrow('no crops');
    expect(() => meanOverCrops([[0.5, 0.5], [1]])).toThrow('Crop 1 has no valid posterior');
    // @ts-expect-error: what an untyped caller may pass
    expect(() => meanOverCrops([null])).toThrow('Crop 0 has no valid posterior');
    expect(() => meanOverCrops([[3, 1]])).toThrow('a sum of 4');
  });
});
