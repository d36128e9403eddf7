import { createRng, labelSpace, type Predictions } from '@asc/core';
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { averagePrecision } from './average-precision.js';
import { evaluateEvents } from './evaluate-events.js';
import { formatEventReport } from './format-event-report.js';

const golden = JSON.parse(readFileSync(new URL('../../../golden/train/tasks.json', import.meta.url), 'utf8')) as {
  ranking: { truth: number[][]; scores: number[][]; averagePrecision: number[]; meanAveragePrecision: number };
};
const { truth, scores } = golden.ranking;
const NAMES = ['dog', 'siren', 'rain', 'speech', 'music', 'silence'];
const labels = labelSpace(NAMES);
const predictions: Predictions = {
  labels: NAMES,
  rows: truth.map((own, i) => ({
    id: `clip-${i}`,
    scene: undefined,
    device: undefined,
    events: NAMES.filter((_, y) => own[y] === 1),
    probabilities: scores[i]!,
  })),
};

describe('sound events', () => {
  test('average precisions, ties included, are those of scikit-learn; events nobody hears do not count', () => {
    const report = evaluateEvents(predictions, labels);
    // Sums of double-precision fractions on both sides, in another order.
    golden.ranking.averagePrecision.forEach((area, y) => {
      expect(report.events[y]?.averagePrecision).toBeCloseTo(area, 12);
    });
    expect(report.events[5]).toEqual({ event: 'silence', count: 0, averagePrecision: null });
    expect(report.meanAveragePrecision).toBeCloseTo(golden.ranking.meanAveragePrecision, 12);
    const text = formatEventReport(report);
    expect(text).toContain(`mAP ${report.meanAveragePrecision.toFixed(3)} over 5 events`);
    expect(text.split('\n')).toHaveLength(7);
  });

  test('a ranking without fault has 1, its order does not depend on that of the clips', () => {
    expect(averagePrecision([true, false, true], [0.9, 0.1, 0.8])).toBe(1);
    expect(averagePrecision([false, false], [0.9, 0.1])).toBeNull();
    const order = createRng(1).permutation(truth.length);
    const shuffled = { ...predictions, rows: Array.from(order, (i) => predictions.rows[i]!) };
    const { meanAveragePrecision } = evaluateEvents(shuffled, labels);
    expect(meanAveragePrecision).toBe(evaluateEvents(predictions, labels).meanAveragePrecision);
  });

  test('what cannot be judged is refused by name', () => {
    const [first, ...rest] = predictions.rows;
    const withFirst = (change: object): Predictions => ({ ...predictions, rows: [{ ...first!, ...change }, ...rest] });
    expect(() => evaluateEvents(withFirst({ events: undefined }), labels)).toThrow(/"clip-0" has no events/);
    expect(() => evaluateEvents(withFirst({ events: ['dgo'] }), labels)).toThrow(/unknown event.*\n.*received "dgo"/);
    expect(() => evaluateEvents(withFirst({ probabilities: [NaN, 0, 0, 0, 0, 0] }), labels)).toThrow(/"clip-0"/);
    expect(() => evaluateEvents(withFirst({ id: 'clip-1' }), labels)).toThrow(/stands twice/);
    expect(() => evaluateEvents({ ...predictions, rows: [] }, labels)).toThrow(/0 rows/);
    expect(() => evaluateEvents(predictions, labelSpace(['dog']))).toThrow(/expected rows over the events dog/);
    const quiet = predictions.rows.map((row) => ({ ...row, events: [] }));
    expect(() => evaluateEvents({ ...predictions, rows: quiet }, labels)).toThrow(/No event is heard/);
  });
});
