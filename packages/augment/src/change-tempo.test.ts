import { describe, expect, test } from '@jest/globals';
import { createRng } from '@asc/core';
import fc from 'fast-check';
import { changeTempo } from './change-tempo.js';
import { CrossCorrelator } from './cross-correlator.js';
import { decibels, GOLDEN_RATE_HZ, goldenFigures, goldenSound, octavePower } from './sound-golden.test.helper.js';

const RATE = 8000;
const tone = (hz: number, length: number) =>
  Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / RATE));
const rms = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);
/** Periods a second, from the first upward crossing of zero to the last. */
function pitchOf(x: Float32Array): number {
  const crossings: number[] = [];
  for (let i = 1; i < x.length; i++) {
    const [before, after] = [x[i - 1]!, x[i]!];
    if (before < 0 && after >= 0) crossings.push(i - after / (after - before));
  }
  return ((crossings.length - 1) * RATE) / (crossings.at(-1)! - crossings[0]!);
}

describe('changeTempo', () => {
  test.each([0.5, 0.75, 0.85, 1.15, 1.25, 2])(
    'keeps pitch and loudness of tones and changes their length by %d',
    (factor) => {
      for (const hz of [100, 440, 1000.5, 2500]) {
        const x = tone(hz, 2 * RATE);
        const y = changeTempo(x, { sampleRateHz: RATE, factor });
        expect(y).toHaveLength(Math.round(x.length / factor));
        // Joints fall on the nearest sample, up to half of one apart for each 70 ms: below 0.1 %.
        expect(Math.abs(pitchOf(y) / hz - 1)).toBeLessThan(1e-3);
        expect(Math.abs(rms(y) / rms(x) - 1)).toBeLessThan(0.02);
      }
    },
  );

  test.each(goldenFigures<{ factor: number; samples: number; octaveDb: number[] }>('tempo.json'))(
    'changes length and spectrum as sox does at $factor',
    ({ factor, samples, octaveDb }) => {
      const x = goldenSound();
      const y = changeTempo(x, { sampleRateHz: GOLDEN_RATE_HZ, factor });
      expect(Math.abs(y.length - samples)).toBeLessThanOrEqual(1);
      // Both choose their joints by likeness, not the same ones: which bursts are heard twice or not at all differs a little.
      decibels(octavePower(y), octavePower(x)).forEach((level, i) => {
        expect(Math.abs(level - octaveDb[i]!)).toBeLessThan(0.4);
      });
    },
  );

  test('keeps shape and range of any sound, is deterministic, and changes no input', () => {
    fc.assert(
      fc.property(fc.nat(3000), fc.double({ min: 0.25, max: 4, noNaN: true }), fc.nat(), (length, factor, seed) => {
        const x = createRng(seed)
          .fillUniform(new Float32Array(length))
          .map((u) => 2 * u - 1);
        const before = x.slice();
        const y = changeTempo(x, { sampleRateHz: RATE, factor });
        expect(y).toHaveLength(Math.round(length / factor));
        // Every sample is a mean of two of the sound's.
        expect(y.every((sample) => Math.abs(sample) <= 1)).toBe(true);
        expect(changeTempo(x, { sampleRateHz: RATE, factor })).toEqual(y);
        expect(x).toEqual(before);
      }),
      { seed: 71, numRuns: 25 },
    );
  });

  test('puts what is heard at its time: noise bursts every 400 ms come every 320 ms', () => {
    const x = new Float32Array(4 * RATE);
    for (let at = 800; at < x.length; at += 3200) x.set(createRng(at).fillUniform(new Float32Array(800)), at);
    const y = changeTempo(x, { sampleRateHz: RATE, factor: 1.25 });
    const onsets: number[] = [];
    y.forEach((v, i) => {
      if (v > 0 && (i < 500 || y.subarray(i - 500, i).every((before) => before === 0))) onsets.push(i);
    });
    expect(onsets).toHaveLength(10);
    // A segment of 82 ms that begins with silence holds its onset late or early by the change of its length, and the search.
    onsets.forEach((onset, i) => expect(Math.abs(onset - (800 + 3200 * i) / 1.25)).toBeLessThan(0.04 * RATE));
  });

  test('a factor of 1 is a copy, and silence stays silence', () => {
    const x = tone(300, 500);
    const y = changeTempo(x, { sampleRateHz: RATE, factor: 1 });
    expect(y).toEqual(x);
    expect(y).not.toBe(x);
    expect(changeTempo(new Float32Array(4000), { sampleRateHz: RATE, factor: 0.75 }).every((v) => v === 0)).toBe(true);
  });

  test('refuses what it cannot stretch', () => {
    const options = { sampleRateHz: RATE, factor: 1.25 };
    expect(() => changeTempo(Float32Array.of(0, NaN), options)).toThrow('received NaN at sample 1');
    expect(() => changeTempo([0] as unknown as Float32Array, options)).toThrow('Float32Array');
    expect(() => changeTempo(tone(1, 9), { ...options, factor: 5 })).toThrow('received 5');
    expect(() => changeTempo(tone(1, 9), { ...options, sampleRateHz: 0 })).toThrow('received 0');
    expect(() => changeTempo(tone(1, 9), { ...options, speed: 2 } as never)).toThrow('unknown key');
  });
});

test('correlation by FFT is the sum it stands for', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 50 }),
      fc.nat(30),
      fc.nat(),
      (length, starts, first, seed) => {
        const x = createRng(seed).fillNormal(new Float32Array(200));
        const products = new CrossCorrelator(length, starts).correlate(x, 7, first);
        products.forEach((product, s) => {
          let expected = 0;
          for (let i = 0; i < length; i++) expected += x[7 + i]! * x[first + s + i]!;
          expect(product).toBeCloseTo(expected, 9);
        });
      },
    ),
    { seed: 72, numRuns: 60 },
  );
});
