import { describe, expect, test } from '@jest/globals';
import { createRng, tau2020Labels, type Predictions } from '@asc/core';
import {
  evaluate,
  formatHtmlReport,
  formatReport,
  meanOverCrops,
  meanOverRuns,
  pairedBootstrap,
  predictionsFromCsv,
  predictionsToCsv,
  softmax,
  worstMistakes,
} from './index.js';

describe('the README example', () => {
  test('works as printed', () => {
    const labels = tau2020Labels();
    const scores = (scene: string, sure: number): number[] => labels.scenes.map((name) => (name === scene ? sure : 0));
    const predict = (sure: number): Predictions => ({
      labels: labels.scenes,
      rows: [
        { id: 'a.wav', scene: 'bus', device: 'a', probabilities: softmax(scores('bus', sure)) },
        {
          id: 'b.wav',
          scene: 'park',
          device: 's4',
          probabilities: meanOverCrops([softmax(scores('park', sure)), softmax(scores('tram', 1))]),
        },
      ],
    });

    const report = evaluate(predict(3), labels);
    const text = formatReport(report);
    const change = pairedBootstrap(predict(1), predict(3), { rng: createRng(7), resamples: 1000 });

    const seeds = [predict(2), predict(3)];
    const { accuracy } = meanOverRuns(seeds.map((each) => evaluate(each, labels)));
    const better = pairedBootstrap([predict(1), predict(1.5)], seeds, { rng: createRng(7), resamples: 1000 });

    const page = formatHtmlReport({
      title: 'amfm',
      facts: [['dataset', 'two clips']],
      report,
      mistakes: worstMistakes(predict(3), 6),
      documents: { recipe: { seed: 1 } },
    });

    const csv = predictionsToCsv(predict(3));
    const same = predictionsFromCsv(csv, 'predictions.csv');

    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('There are none.');
    expect(accuracy).toEqual({ mean: 1, sd: 0 });
    expect(better.logLoss.high).toBeLessThan(0);
    expect(csv.split('\n')[1]).toMatch(/^a\.wav,bus,a,0\.03/);
    expect(same).toEqual(predict(3));
    expect(report.accuracy).toBe(1);
    expect(text.split('\n')[0]).toBe('2 clips   accuracy 100.0 %   class-balanced 100.0 %   log loss 0.659');
    expect(change.logLoss.difference).toBeLessThan(0);
  });
});
