import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fitToWindow, windowsToCover, windowStarts } from './window.js';

const settings = { seed: 1, numRuns: 200 };

describe('windows', () => {
  it('lie inside the recording, the first at its start and the last at its end', () => {
    const lengths = fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 1000 }));
    fc.assert(
      fc.property(lengths, fc.integer({ min: 2, max: 9 }), ([samples, window], crops) => {
        const starts = windowStarts(samples, window, crops);
        for (const start of starts) expect(start).toBeGreaterThanOrEqual(0);
        if (starts.length === 1) return;
        expect([starts[0], starts.at(-1)]).toEqual([0, samples - window]);
        expect(starts).toHaveLength(crops);
      }),
      settings,
    );
  });

  it('are one where the recording fits, give or take a hundredth, and one in the middle where one is asked for', () => {
    expect(windowStarts(441_001, 441_000, 5)).toEqual([0]);
    expect(windowStarts(100, 441_000, 5)).toEqual([0]);
    expect(windowStarts(300, 100, 1)).toEqual([100]);
  });

  it('cover a recording, up to the most', () => {
    expect([90, 100, 250, 10_000].map((samples) => windowsToCover(samples, 100, 32))).toEqual([1, 1, 3, 32]);
  });

  it('repeat a recording that is too short, and cut one that is too long', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 1, maxLength: 50, noNaN: true }),
        fc.integer({ min: 1, max: 200 }),
        (x, n) => {
          const fitted = fitToWindow(x, n);
          expect(fitted).toHaveLength(n);
          fitted.forEach((value, i) => expect(Object.is(value, x[i % x.length])).toBe(true));
        },
      ),
      settings,
    );
  });
});
