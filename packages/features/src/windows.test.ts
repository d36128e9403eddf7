import { describe, expect, test } from '@jest/globals';
import { UsageError } from '@asc/core';
import { goldenJson, largestDifference } from './golden.test.helpers.js';
import { makeWindow, WINDOW_NAMES, type WindowName } from './windows.js';

describe('makeWindow', () => {
  test('windows equal scipy.signal.get_window, periodic and symmetric', () => {
    // The same cosine sums in float64; a few units in the last place for the cosine itself.
    for (const { name, values } of goldenJson<{ name: WindowName; values: number[] }[]>('windows.json')) {
      expect(largestDifference(makeWindow(name, values.length), values)).toBeLessThan(2e-15);
    }
  });

  test('a symmetric window of N + 1 is the periodic window of N with its first sample repeated', () => {
    for (const name of ['hann', 'hamming', 'blackman'] as const) {
      const symmetric = makeWindow(`${name}-symmetric`, 33);
      expect(largestDifference(symmetric.subarray(0, 32), makeWindow(name, 32))).toBeLessThan(1e-15);
      expect(symmetric[32]).toBeCloseTo(symmetric[0]!, 15);
    }
  });

  test('a window of one sample is 1', () => {
    for (const name of WINDOW_NAMES) expect([...makeWindow(name, 1)]).toEqual([1]);
  });

  test('an unknown name or length is refused with the choices', () => {
    expect(() => makeWindow('kaiser' as WindowName, 8)).toThrow(/"hann", "hann-symmetric"/);
    expect(() => makeWindow('hann', 0)).toThrow(UsageError);
    expect(() => makeWindow('hann', 2.5)).toThrow(UsageError);
  });
});
