import { describe, expect, test } from '@jest/globals';
import { rowStatistics } from './normalise.js';

describe('rowStatistics', () => {
  test('the deviation is unbiased: T − 1 in the denominator', () => {
    const { mean, scale } = rowStatistics(Float32Array.of(1, 2, 3, 5, 5, 5), 2, 3, 0.001);
    expect([...mean]).toEqual([2, 5]);
    expect([...scale]).toEqual([1, 0.001]);
  });

  test('one frame has no deviation, so the floor divides', () => {
    expect([...rowStatistics(Float32Array.of(7), 1, 1, 0.5).scale]).toEqual([0.5]);
  });
});
