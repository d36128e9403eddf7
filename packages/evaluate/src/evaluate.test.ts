import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createRng, labelSpace, type Predictions } from '@asc/core';
import fc from 'fast-check';
import { evaluate } from './evaluate.js';
import type { GroupReport } from './report.js';
import { softmax } from './softmax.js';

interface Scores {
  readonly clips: number;
  readonly accuracy: number;
  readonly balancedAccuracy: number;
  readonly logLoss: number;
}

/** What golden/make/metrics.py writes. */
interface Golden {
  readonly abstract: Record<string, string[]> | null;
  readonly predictions: Predictions;
  readonly report: Scores & {
    readonly confusion: number[][];
    readonly recall: (number | null)[];
    readonly precision: (number | null)[];
    readonly classLogLoss: (number | null)[];
    readonly devices: Record<string, Scores>;
    readonly deviceGroups: Record<string, Scores>;
    readonly abstract?: Scores & { readonly confusion: number[][] };
    readonly ece: number;
    readonly binSizes: number[];
  };
}

function golden(name: string): Golden {
  return JSON.parse(readFileSync(new URL(`../../../golden/metrics/${name}.json`, import.meta.url), 'utf8'));
}

// Both sides compute in float64; only the order of sums differs.
const DIGITS = 12;

function expectScores(actual: Scores, expected: Scores): void {
  expect(actual.clips).toBe(expected.clips);
  expect(actual.accuracy).toBeCloseTo(expected.accuracy, DIGITS);
  expect(actual.balancedAccuracy).toBeCloseTo(expected.balancedAccuracy, DIGITS);
  expect(actual.logLoss).toBeCloseTo(expected.logLoss, DIGITS);
}

function expectEach(actual: readonly (number | null)[], expected: readonly (number | null)[]): void {
  expect(actual.map((value) => value === null)).toEqual(expected.map((value) => value === null));
  actual.forEach((value, i) => expect(value ?? 0).toBeCloseTo(expected[i] ?? 0, DIGITS));
}

function expectGroups(actual: readonly GroupReport[], expected: Record<string, Scores>): void {
  expect(actual.map(({ name }) => name)).toEqual(Object.keys(expected));
  for (const group of actual) {
    const scores = expected[group.name];
    if (scores !== undefined) expectScores(group, scores);
  }
}

describe('evaluate equals scikit-learn', () => {
  test.each(['ten-scenes', 'absent-class', 'hard-posteriors'])('on %s', (name) => {
    const { abstract, predictions, report: expected } = golden(name);
    const space = labelSpace(predictions.labels, abstract === null ? {} : { abstract });
    const report = evaluate(predictions, space);
    expectScores(report, expected);
    expect(report.confusion).toEqual(expected.confusion);
    expectEach(
      report.classes.map(({ recall }) => recall),
      expected.recall,
    );
    expectEach(
      report.classes.map(({ precision }) => precision),
      expected.precision,
    );
    expectEach(
      report.classes.map(({ logLoss }) => logLoss),
      expected.classLogLoss,
    );
    expectGroups(report.devices, expected.devices);
    expectGroups(report.deviceGroups, expected.deviceGroups);
    expect(report.calibration.ece).toBeCloseTo(expected.ece, DIGITS);
    expect(report.calibration.bins.map(({ clips }) => clips)).toEqual(expected.binSizes);
    if (expected.abstract === undefined) {
      expect(report.abstract).toBeNull();
    } else {
      expect(report.abstract?.accuracy).toBeCloseTo(expected.abstract.accuracy, DIGITS);
      expect(report.abstract?.logLoss).toBeCloseTo(expected.abstract.logLoss, DIGITS);
      expect(report.abstract?.confusion).toEqual(expected.abstract.confusion);
    }
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

const scenes = ['bus', 'park', 'tram'];
const space = labelSpace(scenes, { abstract: { vehicle: ['tram', 'bus'], outside: ['park'] } });
const row = { id: 'x.wav', scene: 'park', device: 'a', probabilities: [0.25, 0.5, 0.25] };
const of = (...rows: readonly object[]): Predictions => ({ labels: scenes, rows: rows as Predictions['rows'] });

/** Random labelled predictions over the three scenes. */
const anyPredictions = fc.record({ seed: fc.nat(), count: fc.integer({ min: 1, max: 30 }) }).map(({ seed, count }) => {
  const rng = createRng(seed);
  return of(
    ...Array.from({ length: count }, (_, i) => ({
      id: `${i}.wav`,
      scene: scenes[rng.integer(3)],
      device: ['a', 'b', 's4', undefined][rng.integer(4)],
      probabilities: softmax([rng.normal(), rng.normal(), rng.normal()]),
    })),
  );
});

describe('evaluate', () => {
  test('does not depend on the order of rows or columns', () => {
    fc.assert(
      fc.property(anyPredictions, fc.nat(), (predictions, seed) => {
        const rng = createRng(seed);
        const order = [...rng.permutation(3)];
        const pick = <T>(values: readonly T[], indices: Iterable<number>): T[] =>
          [...indices].flatMap((i) => values.slice(i, i + 1));
        const shuffled = {
          labels: pick(scenes, order),
          rows: pick(predictions.rows, rng.permutation(predictions.rows.length)).map((r) => ({
            ...r,
            probabilities: pick(r.probabilities, order),
          })),
        };
        const a = evaluate(predictions, space);
        const b = evaluate(shuffled, space);
        expect(b.confusion).toEqual(a.confusion);
        expect(b.logLoss).toBeCloseTo(a.logLoss, DIGITS);
        expect(b.devices.map(({ name, clips, accuracy }) => [name, clips, accuracy])).toEqual(
          a.devices.map(({ name, clips, accuracy }) => [name, clips, accuracy]),
        );
      }),
      { seed: 11, numRuns: 100 },
    );
  });

  test('its counts add up', () => {
    fc.assert(
      fc.property(anyPredictions, (predictions) => {
        const report = evaluate(predictions, space);
        const n = predictions.rows.length;
        const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
        expect(sum(report.confusion.flat())).toBe(n);
        expect(sum(report.classes.map(({ count }) => count))).toBe(n);
        expect(sum(report.classes.map(({ predicted }) => predicted))).toBe(n);
        expect(sum(report.devices.map(({ clips }) => clips)) + report.clipsWithoutDevice).toBe(n);
        expect(sum(report.calibration.bins.map(({ clips }) => clips))).toBe(n);
        expect(report.abstract?.accuracy).toBeGreaterThanOrEqual(0);
        expect(report.accuracy * n).toBeCloseTo(sum(report.confusion.map((r, i) => r[i] ?? 0)), 9);
      }),
      { seed: 12, numRuns: 100 },
    );
  });

  test('judges abstract classes by summed posteriors, not by the likeliest scene', () => {
    const report = evaluate(of({ ...row, scene: 'tram', probabilities: [0.3, 0.4, 0.3] }), space);
    expect(report.accuracy).toBe(0);
    expect(report.abstract?.accuracy).toBe(1);
  });

  test('groups the devices of the evaluation set as unseen, and other names not at all', () => {
    const report = evaluate(
      of({ ...row, device: 's9' }, { ...row, id: 'y', device: null }, { ...row, id: 'z', device: 'phone' }),
      space,
    );
    expect(report.deviceGroups.map(({ name, devices }) => [name, devices])).toEqual([['unseen', ['s9']]]);
    expect(report.devices.map(({ name }) => name)).toEqual(['phone', 's9']);
    expect(report.clipsWithoutDevice).toBe(1);
  });

  test.each([
    ['what is not an object', null, 'These are not predictions'],
    ['an object without rows', { labels: scenes }, 'received { labels: ["bus", "park", "tram"] }'],
    ['a row that is not an object', { labels: scenes, rows: [row, null] }, 'Row 1 of the predictions is not an object'],
    ['no rows', of(), 'no predictions'],
    ['an unlabelled row', of({ ...row, scene: undefined }), 'Clip "x.wav" has no label'],
    ['an unlabelled row from JSON', of({ ...row, scene: null }), 'Clip "x.wav" has no label'],
    ['an unknown scene', of({ ...row, scene: 'parc' }), 'Did you mean "park"?'],
    ['an id that occurs twice', of(row, row), 'the id of an earlier row'],
    ['an empty id', of({ ...row, id: '' }), 'Row 0 of the predictions has no id'],
    ['a device that is no name', of({ ...row, device: 3 }), 'received 3'],
    ['a string of probabilities', of({ ...row, probabilities: '111' }), 'expected an array of probabilities'],
    ['NaN', of({ ...row, probabilities: [0.5, NaN, 0.5] }), 'Clip "x.wav" has no valid posterior'],
    ['a negative number', of({ ...row, probabilities: [-0.5, 1, 0.5] }), 'received -0.5 at index 0'],
    ['infinity', of({ ...row, probabilities: [Infinity, 0, 0] }), 'received Infinity at index 0'],
    ['null from JSON', of({ ...row, probabilities: [null, 0, 1] }), 'received null at index 0'],
    ['logits', of({ ...row, probabilities: [4, 2, 1] }), 'softmax()'],
    ['a sum that is not 1', of({ ...row, probabilities: [0.5, 0.2, 0.2] }), 'expected a sum of 1 within 0.001'],
    ['a wrong length', of({ ...row, probabilities: [0.5, 0.5] }), 'expected 3 probabilities, received 2'],
    ['no probabilities', of({ ...row, probabilities: undefined }), 'received undefined'],
    ['an unknown label', { labels: ['bus', 'park', 'tramway'], rows: [row] }, 'no column for the scene "tram"'],
    ['one label more', { labels: [...scenes, 'metro'], rows: [row] }, 'unknown or occurs twice: "metro"'],
    ['a label twice', { labels: [...scenes, 'bus'], rows: [row] }, 'unknown or occurs twice: "bus"'],
  ])('refuses %s', (_, predictions, message) => {
    expect(() => evaluate(predictions as Predictions, space)).toThrow(message);
  });

  test('accepts posteriors with the rounding of half precision', () => {
    expect(evaluate(of({ ...row, probabilities: [0.2502, 0.5, 0.2502] }), space).clips).toBe(1);
  });
});
