import { describe, expect, test } from '@jest/globals';
import { createRng, type Predictions } from '@asc/core';
import { pairedBootstrap } from './paired-bootstrap.js';

/** 200 two-class clips of which the first `right` are guessed with `sure`. */
function model(right: number, sure = 0.8): Predictions {
  return {
    labels: ['x', 'y'],
    rows: Array.from({ length: 200 }, (_, i) => ({
      id: `${i}.wav`,
      scene: 'x',
      device: undefined,
      probabilities: i < right ? [sure, 1 - sure] : [1 - sure, sure],
    })),
  };
}

describe('pairedBootstrap', () => {
  test('sees no difference between a model and itself', () => {
    const report = pairedBootstrap(model(150), model(150), { rng: createRng(1), resamples: 500 });
    expect(report.accuracy).toEqual({ a: 0.75, b: 0.75, difference: 0, low: 0, high: 0, pValue: 1 });
    expect(report.clips).toBe(200);
  });

  test('spreads as the standard error of paired differences says', () => {
    // 20 of 200 clips improve, none get worse: mean 0.1, standard error sqrt(0.1 · 0.9 / 200) = 0.0212.
    const { accuracy } = pairedBootstrap(model(140), model(160), { rng: createRng(2), resamples: 4000 });
    expect(accuracy.difference).toBeCloseTo(0.1, 12);
    expect(Math.abs(accuracy.low - (0.1 - 1.96 * 0.0212))).toBeLessThan(0.006);
    expect(Math.abs(accuracy.high - (0.1 + 1.96 * 0.0212))).toBeLessThan(0.006);
    expect(accuracy.pValue).toBeLessThan(0.001);
  });

  test('swapping the models flips the sign; the seed fixes the result; rows may be in any order', () => {
    const run = (a: Predictions, b: Predictions): ReturnType<typeof pairedBootstrap> =>
      pairedBootstrap(a, b, { rng: createRng(3), resamples: 300 });
    const forth = run(model(140), model(150, 0.6));
    const back = run(model(150, 0.6), model(140));
    expect(back.logLoss.difference).toBeCloseTo(-forth.logLoss.difference, 12);
    expect(back.accuracy.pValue).toBe(forth.accuracy.pValue);
    const reversed = { ...model(150, 0.6), rows: model(150, 0.6).rows.toReversed() };
    expect(run(model(140), reversed)).toEqual(forth);
  });

  test('matches columns by label', () => {
    const flipped = {
      labels: ['y', 'x'],
      rows: model(150).rows.map((row) => ({ ...row, probabilities: row.probabilities.toReversed() })),
    };
    expect(pairedBootstrap(model(150), flipped, { rng: createRng(4), resamples: 10 }).logLoss.difference).toBe(0);
  });

  test('refuses other clips, other truths, other labels and unknown options', () => {
    const options = { rng: createRng(5), resamples: 10 };
    const some = { ...model(9), rows: model(9).rows.slice(1) };
    const renamed = { ...model(9), rows: model(9).rows.map((row, i) => (i === 7 ? { ...row, id: 'new' } : row)) };
    const relabelled = { ...model(9), rows: model(9).rows.map((row, i) => (i === 7 ? { ...row, scene: 'y' } : row)) };
    expect(() => pairedBootstrap(model(9), some, options)).toThrow('Clip "0.wav" is not the same in both');
    expect(() => pairedBootstrap(some, model(9), options)).toThrow('Clip "0.wav" is not in both');
    expect(() => pairedBootstrap(model(9), renamed, options)).toThrow('Clip "7.wav"');
    expect(() => pairedBootstrap(model(9), relabelled, options)).toThrow('two different true scenes');
    expect(() => pairedBootstrap(model(9), { ...model(9), labels: ['x', 'z'] }, options)).toThrow('scene "y"');
    expect(() => pairedBootstrap(model(9), model(9), { ...options, resamples: 0 })).toThrow('resamples');
    // @ts-expect-error: what an untyped caller may pass
    expect(() => pairedBootstrap(model(9), model(9), { rng: createRng(5), resample: 5 })).toThrow('"resamples"');
  });
});
