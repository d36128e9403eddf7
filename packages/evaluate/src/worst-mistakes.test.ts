import { describe, expect, test } from '@jest/globals';
import type { Predictions } from '@asc/core';
import { worstMistakes } from './worst-mistakes.js';

const labels = ['x', 'y', 'z'];
const row = (id: string, scene: string, ...probabilities: number[]) => ({
  id,
  scene,
  device: undefined,
  probabilities,
});
const predictions: Predictions = {
  labels,
  rows: [
    row('right', 'x', 0.8, 0.1, 0.1),
    row('mild', 'x', 0.4, 0.5, 0.1),
    row('bad', 'x', 0.1, 0.8, 0.1),
    row('worst', 'x', 0, 0.9, 0.1),
    row('other', 'z', 0.6, 0.1, 0.3),
  ],
};

describe('worstMistakes', () => {
  test('shows each confusion once before it shows one again, worst first', () => {
    const ids = (most: number): string[] => worstMistakes(predictions, most).map(({ id }) => id);
    expect(ids(1)).toEqual(['worst']);
    expect(ids(2)).toEqual(['worst', 'other']);
    expect(ids(3)).toEqual(['worst', 'bad', 'other']);
    expect(ids(9)).toEqual(['worst', 'bad', 'other', 'mild']);
  });

  test('tells both posteriors, and does not depend on the order of rows', () => {
    expect(worstMistakes(predictions, 1)).toEqual([
      { id: 'worst', device: undefined, scene: 'x', guess: 'y', sceneProbability: 0, guessProbability: 0.9 },
    ]);
    const reversed = { labels, rows: predictions.rows.toReversed() };
    expect(worstMistakes(reversed, 9)).toEqual(worstMistakes(predictions, 9));
  });

  test('finds none where all is right, and refuses nonsense', () => {
    expect(worstMistakes({ labels, rows: predictions.rows.slice(0, 1) }, 5)).toEqual([]);
    expect(() => worstMistakes(predictions, 0)).toThrow('most of worstMistakes');
  });
});
