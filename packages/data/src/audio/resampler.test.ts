import { describe, expect, test } from '@jest/globals';
import { UsageError } from '@asc/core';
import fc from 'fast-check';
import { createResampler, resample } from './resampler.js';

const PAIRS = [
  [44100, 48000],
  [48000, 44100],
  [44100, 32000],
  [22050, 44100],
  [8000, 44100],
  [44100, 16000],
  [48000, 16000],
  [16000, 22050],
] as const;

const tone = (hz: number, rateHz: number, samples: number, phase = 0.3) =>
  Float32Array.from({ length: samples }, (_, i) => 0.9 * Math.sin((2 * Math.PI * hz * i) / rateHz + phase));

const power = (x: Float32Array) => x.reduce((sum, value) => sum + value * value, 0) / x.length;
const decibels = (ratio: number) => 10 * Math.log10(ratio);
/** Away from the ends, where the recording begins and stops abruptly. */
const middle = (x: Float32Array) => x.subarray(x.length >> 2, -(x.length >> 2));

describe('resample', () => {
  test.each(PAIRS)(
    '%i Hz to %i Hz: tones of the pass band come out at least 120 dB above all error, without delay',
    (fromHz, toHz) => {
      const { process } = createResampler(fromHz, toHz);
      const nyquist = Math.min(fromHz, toHz) / 2;
      for (const part of [0.001, 0.1, 0.37, 0.62, 0.8, 0.899]) {
        const ideal = middle(tone(part * nyquist, toHz, Math.ceil((12000 * toHz) / fromHz)));
        const error = middle(process(tone(part * nyquist, fromHz, 12000))).map((value, i) => value - ideal[i]!);
        expect(decibels(power(ideal) / power(error))).toBeGreaterThan(120);
      }
    },
  );

  test.each(PAIRS.filter(([fromHz, toHz]) => toHz < fromHz))(
    '%i Hz to %i Hz: tones that would alias are down by at least 120 dB',
    (fromHz, toHz) => {
      const { process } = createResampler(fromHz, toHz);
      for (const hz of [toHz / 2, toHz / 2 + 30, (toHz + fromHz) / 4, fromHz / 2 - 100]) {
        const x = tone(hz, fromHz, 12000);
        expect(decibels(power(middle(x)) / power(middle(process(x))))).toBeGreaterThan(120);
      }
    },
  );

  test('the length is ceil(n·to/from), whatever n', () => {
    fc.assert(
      fc.property(fc.nat({ max: 3000 }), fc.constantFrom(...PAIRS), (n, [fromHz, toHz]) => {
        const resampler = createResampler(fromHz, toHz);
        expect(resampler.process(new Float32Array(n)).length).toBe(Math.ceil((n * toHz) / fromHz));
        expect(resampler.outputSamples(n)).toBe(Math.ceil((n * toHz) / fromHz));
      }),
      { seed: 8, numRuns: 24 },
    );
  });

  test('it is linear and keeps sample 0 in its place', () => {
    const impulse = new Float32Array(400);
    impulse[200] = 1;
    const doubled = resample(impulse, 8000, 16000);
    expect(doubled.indexOf(Math.max(...doubled))).toBe(400);
    for (let i = 0; i < 300; i++) expect(doubled[400 - i]).toBeCloseTo(doubled[400 + i]!, 7);
    const scaled = resample(
      impulse.map((value) => value * 0.5),
      8000,
      16000,
    );
    scaled.forEach((value, i) => expect(value).toBe(doubled[i]! * 0.5));
  });

  test('equal rates give an equal copy', () => {
    const x = Float32Array.of(1, 2, 3);
    const y = resample(x, 44100, 44100);
    expect(y).toEqual(x);
    expect(y).not.toBe(x);
  });

  test.each([
    [0, 8000],
    [8000, -1],
    [44100.5, 8000],
    [NaN, 8000],
    [8000, Infinity],
    [44100, 44101],
    [1e6, 1],
    [48000, 2 ** 53],
  ])('%d Hz to %d Hz is refused', (fromHz, toHz) => {
    expect(() => resample(new Float32Array(8), fromHz, toHz)).toThrow(UsageError);
  });
});
