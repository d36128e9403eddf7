import { describe, expect, test } from '@jest/globals';
import { UsageError } from '@asc/core';
import fc from 'fast-check';
import { createResampler } from './resampler.js';
import { createStreamResampler } from './stream-resampler.js';

const RATES = [8000, 11_025, 16_000, 22_050, 44_100, 48_000];
const noise = (samples: number) => Float32Array.from({ length: samples }, (_, i) => Math.sin(i * i * 0.37) * 0.8);

function joined(pieces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

describe('createStreamResampler', () => {
  test('gives the whole recording to the bit, whatever the pieces, one recording after another', () => {
    const rate = fc.constantFrom(...RATES);
    const sizes = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 12 });
    fc.assert(
      fc.property(rate, rate, sizes, sizes, (fromHz, toHz, ...recordings) => {
        const stream = createStreamResampler(fromHz, toHz);
        for (const each of recordings) {
          const whole = noise(each.reduce((sum, size) => sum + size, 0));
          let at = 0;
          const pieces = each.map((size) => stream.push(whole.subarray(at, (at += size))));
          expect(joined([...pieces, stream.flush()])).toEqual(createResampler(fromHz, toHz).process(whole));
        }
      }),
      { seed: 4, numRuns: 25 },
    );
  });

  test('holds back half a filter, also where the rate falls steeply', () => {
    const stream = createStreamResampler(48_000, 1000);
    const given = Array.from({ length: 480 }, () => stream.push(noise(100)).length);
    expect(given.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(1000 - 90);
    expect(stream.flush().length).toBe(1000 - given.reduce((sum, each) => sum + each, 0));
  });

  test('refuses what createResampler refuses', () => {
    expect(() => createStreamResampler(44_100, 44_101)).toThrow(UsageError);
  });
});
