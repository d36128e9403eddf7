import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createRng, labelSpace, tau2020Labels, type LabelSpace, type Predictions } from '@asc/core';
import { evaluate } from './evaluate.js';
import { formatReport } from './format-report.js';
import { softmax } from './softmax.js';

function random(space: LabelSpace, count: number): Predictions {
  const rng = createRng(8);
  return {
    labels: space.scenes,
    rows: Array.from({ length: count }, (_, i) => ({
      id: `${i}`,
      scene: space.scenes[rng.integer(space.scenes.length)],
      device: 'a',
      probabilities: softmax(rng.fillNormal(new Float32Array(space.scenes.length))),
    })),
  };
}

describe('formatReport', () => {
  test('shows every table within 80 columns', () => {
    const file = new URL('../../../golden/metrics/ten-scenes.json', import.meta.url);
    const { predictions } = JSON.parse(readFileSync(file, 'utf8')) as { predictions: Predictions };
    const text = formatReport(evaluate(predictions, tau2020Labels()));
    for (const word of ['200 clips', 'abstract', 'street_pedestrian', 'true \\ predicted', 'B&C', 'unseen', 's6']) {
      expect(text).toContain(word);
    }
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('stays within 80 columns with many classes and long names, and lists confusions instead', () => {
    const space = labelSpace(Array.from({ length: 40 }, (_, i) => `a_rather_long_name_of_a_scene_${i}`));
    const text = formatReport(evaluate(random(space, 400), space));
    expect(text).toContain('most often confused');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('shows a dash where a class does not occur', () => {
    const space = labelSpace(['x', 'y']);
    const rows = [{ id: '1', scene: 'x', device: undefined, probabilities: [1, 0] }];
    const text = formatReport(evaluate({ labels: ['x', 'y'], rows }, space));
    expect(text).toMatch(/ 2 y +0 +- +- +-/);
    expect(text).not.toContain('device');
  });
});
