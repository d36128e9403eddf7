import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { colourTable } from './colour-map.js';
import { clockTime, mergeRuns, percent, readable, tickSeconds, type Moment } from './runs.js';

const moments = fc
  .array(fc.record({ length: fc.integer({ min: 1, max: 9 }), gap: fc.constantFrom(0, 0, 0, 1), scene: fc.nat(2) }))
  .map((parts) => {
    let at = 0;
    return parts.map(({ length, gap, scene }): Moment => {
      const from = at + gap;
      at = from + length;
      return { from, to: at, scene, confidence: 0.5 };
    });
  });

describe('runs', () => {
  it('cover the same time as the moments, and no neighbour continues another', () => {
    fc.assert(
      fc.property(moments, (list) => {
        const runs = mergeRuns(list);
        const length = (each: readonly Moment[]): number => each.reduce((sum, { from, to }) => sum + to - from, 0);
        expect(length(runs)).toBe(length(list));
        for (const [i, run] of runs.entries()) {
          const next = runs[i + 1];
          expect(next?.scene === run.scene && next.from === run.to).toBe(false);
        }
        expect(mergeRuns(runs)).toEqual(runs);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('are as sure as their moments are on average', () => {
    const [run] = mergeRuns([
      { from: 0, to: 1, scene: 2, confidence: 0.5 },
      { from: 1, to: 2, scene: 2, confidence: 0.75 },
      { from: 2, to: 3, scene: 2, confidence: 1 },
    ]);
    expect(run).toEqual({ from: 0, to: 3, scene: 2, confidence: 0.75 });
  });
});

describe('words', () => {
  it('are those of a reader', () => {
    expect([clockTime(0), clockTime(59.9), clockTime(61), clockTime(3600)]).toEqual(['0:00', '0:59', '1:01', '60:00']);
    expect([readable('metro_station'), percent(0.905)]).toEqual(['metro station', '91 %']);
  });
});

describe('ticks', () => {
  it('are a handful of round seconds within the view', () => {
    expect(tickSeconds(0, 4.99)).toEqual([0, 1, 2, 3, 4]);
    expect(tickSeconds(0, 20)).toEqual([0, 5, 10, 15, 20]);
    expect(tickSeconds(7.3, 27.3)).toEqual([10, 15, 20, 25]);
    const spans = fc.tuple(fc.nat(1e6), fc.integer({ min: 8, max: 1e7 })).map((eighths) => eighths.map((x) => x / 8));
    fc.assert(
      fc.property(spans, ([from = 0, length = 0]) => {
        const ticks = tickSeconds(from, from + length);
        expect(ticks.length).toBeLessThanOrEqual(7);
        for (const tick of ticks) expect(tick >= from && tick <= from + length).toBe(true);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('colours of the spectrogram', () => {
  it('grow lighter from level to level', () => {
    const table = colourTable();
    const light = (level: number): number =>
      0.2126 * table[level * 3]! + 0.7152 * table[level * 3 + 1]! + 0.0722 * table[level * 3 + 2]!;
    for (let level = 8; level < 256; level += 8) expect(light(level)).toBeGreaterThan(light(level - 8));
  });
});
