import { expect, test } from '@jest/globals';
import { scoreContest, spreadOf } from './score.js';
import { scoreTable } from './text-table.js';

const TIMINGS = [
  {
    name: 'asc',
    side: 'ours',
    rounds: [
      [10, 12, 11],
      [20, 20, 20],
    ],
  },
  {
    name: 'slow peer',
    side: 'peer',
    rounds: [
      [44, 44, 44],
      [20, 20, 20],
    ],
  },
  {
    name: 'fast peer',
    side: 'peer',
    rounds: [
      [22, 22, 22],
      [40, 40, 40],
    ],
  },
] as const;

test('the median of an even number of values lies between the middle ones', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
});

test('each round is compared with the fastest peer of that round', () => {
  const ratios = scoreContest(TIMINGS).map(({ ratio }) => ratio);
  expect(ratios).toEqual([
    { median: 1.5, min: 1, max: 2 },
    { median: 0.75, min: 0.5, max: 1 },
    { median: 0.75, min: 0.5, max: 1 },
  ]);
});

test('our side alone has no ratio', () => {
  expect(scoreContest(TIMINGS.slice(0, 1))[0]?.ratio).toBeUndefined();
});

test('the table lines up', () => {
  expect(scoreTable(scoreContest(TIMINGS), 'a step', 24)).toBe(
    [
      '                     ms a step  clips/s  throughput / best peer',
      'asc        16.00 (10.00–20.00)   1500.0        1.50 (1.00–2.00)',
      'slow peer  32.00 (20.00–44.00)    750.0        0.75 (0.50–1.00)',
      'fast peer  31.00 (22.00–40.00)    774.2        0.75 (0.50–1.00)',
    ].join('\n'),
  );
});
