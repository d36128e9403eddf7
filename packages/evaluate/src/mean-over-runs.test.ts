import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createRng, labelSpace, type Predictions } from '@asc/core';
import { evaluate } from './evaluate.js';
import { meanOverRuns, type Spread } from './mean-over-runs.js';
import { pairedBootstrap } from './paired-bootstrap.js';

type Summary = Readonly<Record<'accuracy' | 'logLoss', Spread>>;
type Paired = Readonly<Record<'accuracy' | 'logLoss', { difference: number; low: number; high: number }>>;

/** What golden/make/metrics.py writes: two models of three seeds each on 80 clips. */
const golden = JSON.parse(
  readFileSync(new URL('../../../golden/metrics/two-models.json', import.meta.url), 'utf8'),
) as { models: [Predictions[], Predictions[]]; summaries: Summary[]; paired: Paired };
const [a, b] = golden.models;

const judge = (predictions: Predictions) => evaluate(predictions, labelSpace(predictions.labels));

describe('several runs of a model', () => {
  test('have the mean and the deviation that numpy gives to scikit-learn’s scores', () => {
    golden.models.forEach((runs, i) => {
      const summary = meanOverRuns(runs.map(judge));
      expect(summary.runs).toBe(3);
      for (const score of ['accuracy', 'logLoss'] as const) {
        expect(summary[score].mean).toBeCloseTo(golden.summaries[i]?.[score].mean ?? NaN, 12);
        expect(summary[score].sd).toBeCloseTo(golden.summaries[i]?.[score].sd ?? NaN, 12);
      }
    });
  });

  test('differ from another model’s by the interval that SciPy’s bootstrap gives', () => {
    const report = pairedBootstrap(a, b, { rng: createRng(1), resamples: 10_000 });
    for (const score of ['accuracy', 'logLoss'] as const) {
      const { difference, low, high } = golden.paired[score];
      expect(report[score].difference).toBeCloseTo(difference, 12);
      // Both ends are quantiles of random resamples: their deviation is about 1 % of the interval's width.
      const width = high - low;
      expect(Math.abs(report[score].low - low)).toBeLessThan(0.05 * width);
      expect(Math.abs(report[score].high - high)).toBeLessThan(0.05 * width);
    }
  });

  test('do not differ from themselves in another order', () => {
    const report = pairedBootstrap(a, a.toReversed(), { rng: createRng(2), resamples: 200 });
    expect(report.logLoss.pValue).toBe(1);
    expect(report.accuracy).toMatchObject({ difference: 0, pValue: 1 });
  });

  test('may each judge a fold: a clip counts with the runs that judged it', () => {
    const [whole] = a;
    const folds = [0, 1].map((fold) => ({
      labels: whole?.labels ?? [],
      rows: whole?.rows.filter((_, i) => i % 2 === fold) ?? [],
    }));
    const report = pairedBootstrap(whole as Predictions, folds, { rng: createRng(3), resamples: 50 });
    expect(report).toMatchObject({ clips: 80, accuracy: { difference: 0 }, logLoss: { difference: 0 } });
    expect(() => pairedBootstrap(a, folds.slice(1), { rng: createRng(3), resamples: 50 })).toThrow('0.wav');
  });

  test('a single run has no deviation; no run is no summary', () => {
    const [whole] = a;
    expect(meanOverRuns([judge(whole as Predictions)]).accuracy.sd).toBeNull();
    expect(() => meanOverRuns([])).toThrow('no runs to average');
    expect(() => pairedBootstrap(a, [], { rng: createRng(3) })).toThrow('no predictions to compare');
  });
});
