import { describe, expect, test } from '@jest/globals';
import type { Predictions } from '@asc/core';
import fc from 'fast-check';
import { predictionsFromCsv, predictionsToCsv } from './predictions-csv.js';

const word = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('a', ' ', ',', '"', '\n', '\r', 'é', '=') });
const predictions: fc.Arbitrary<Predictions> = fc.uniqueArray(word, { minLength: 1, maxLength: 4 }).chain((labels) =>
  fc.record({
    labels: fc.constant(labels),
    rows: fc.array(
      fc.record({
        id: word,
        scene: fc.option(word, { nil: undefined }),
        device: fc.option(word, { nil: undefined }),
        probabilities: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
          minLength: labels.length,
          maxLength: labels.length,
        }),
      }),
    ),
  }),
);

describe('predictions as CSV', () => {
  test('come back as they were, whatever their labels and ids hold', () => {
    const comesBack = (given: Predictions): void => {
      expect(predictionsFromCsv(predictionsToCsv(given), 'p.csv')).toEqual(JSON.parse(JSON.stringify(given)));
    };
    fc.assert(fc.property(predictions, comesBack), { seed: 1, numRuns: 200 });
  });

  test('may have passed through a spreadsheet', () => {
    const text = '\uFEFFid,scene,device,"a","b"\r\n"x.wav",a,,0.25,0.75\r\n\r\n';
    expect(predictionsFromCsv(text, 'p.csv')).toEqual({
      labels: ['a', 'b'],
      rows: [{ id: 'x.wav', scene: 'a', device: undefined, probabilities: [0.25, 0.75] }],
    });
  });

  test.each([
    ['', 'p.csv does not hold predictions'],
    ['id,scene,device\n', 'one for each label'],
    ['filename\tscene\n', 'does not hold predictions'],
    ['id,scene,device,a,b\nx,a,,1\n', 'Line 2 of p.csv is not a prediction.\nexpected 5 cells, received 4'],
    ['id,scene,device,a,b\n\n"x\n",a,,1,2\ny,a,,1,\n', 'Line 5 of p.csv is not a prediction.\nexpected numbers'],
    ['id,scene,device,a,b\nx,a,,1,NaN\n', 'received "NaN"'],
    ['id,scene,device,a,b\n"x"y,a,,1,2\n', 'Line 2 of p.csv is not CSV'],
    ['id,scene,device,a,b\n"x,a,,1,2\n', 'Line 2 of p.csv is not CSV'],
  ])('%j is refused', (text, message) => {
    expect(() => predictionsFromCsv(text, 'p.csv')).toThrow(message);
  });
});
