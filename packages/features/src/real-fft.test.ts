import { describe, expect, test } from '@jest/globals';
import { UsageError } from '@asc/core';
import fc from 'fast-check';
import { complexFft } from './complex-fft.js';
import { goldenJson, largestDifference, noise } from './golden.test.helpers.js';
import { RealFft } from './real-fft.js';

function spectrumOf(signal: Float64Array): { re: Float64Array; im: Float64Array } {
  const fft = new RealFft(signal.length);
  const re = new Float64Array(fft.bins);
  const im = new Float64Array(fft.bins);
  fft.forward(signal, re, im);
  return { re, im };
}

/** The definition, with the angle reduced modulo N so that it stays exact. */
function naive(signal: Float64Array): { re: Float64Array; im: Float64Array } {
  const N = signal.length;
  const K = Math.floor(N / 2) + 1;
  const re = new Float64Array(K);
  const im = new Float64Array(K);
  for (let k = 0; k < K; k += 1) {
    for (let n = 0; n < N; n += 1) {
      const angle = (-2 * Math.PI * ((k * n) % N)) / N;
      re[k]! += signal[n]! * Math.cos(angle);
      im[k]! += signal[n]! * Math.sin(angle);
    }
  }
  return { re, im };
}

describe('RealFft', () => {
  test('spectra equal numpy.fft.rfft at lengths with every kind of factor', () => {
    const cases = goldenJson<{ length: number; bins: number[]; re: number[]; im: number[] }[]>('fft.json');
    for (const { length, bins, re, im } of cases) {
      const spectrum = spectrumOf(
        Float64Array.from({ length }, (_, n) => ((n * n * 7919 + n * 104729) % 2003) / 1001.5 - 1),
      );
      // Rounding grows with √N·log N; the bins themselves are of size √N.
      const tolerance = 1e-15 * Math.sqrt(length) * (4 + Math.log2(length));
      expect(
        largestDifference(
          bins.map((k) => spectrum.re[k]!),
          re,
        ),
      ).toBeLessThan(tolerance);
      expect(
        largestDifference(
          bins.map((k) => spectrum.im[k]!),
          im,
        ),
      ).toBeLessThan(tolerance);
    }
  });

  test('every length up to 64 and some odd ones equal the defining sum', () => {
    for (const length of [...Array.from({ length: 64 }, (_, i) => i + 1), 77, 105, 127, 143, 243, 343, 361]) {
      const signal = Float64Array.from(noise(length, length));
      const [fast, slow] = [spectrumOf(signal), naive(signal)];
      expect(largestDifference(fast.re, slow.re)).toBeLessThan(1e-13);
      expect(largestDifference(fast.im, slow.im)).toBeLessThan(1e-13);
    }
  });

  test('Parseval: energy in time is energy in frequency over N, at any length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 1e6 }), (length, seed) => {
        const signal = Float64Array.from(noise(length, seed));
        const { re, im } = spectrumOf(signal);
        const energy = signal.reduce((sum, x) => sum + x * x, 0);
        const inFrequency = re.reduce((sum, x, k) => {
          const mirrored = k > 0 && 2 * k < length;
          return sum + (mirrored ? 2 : 1) * (x * x + im[k]! * im[k]!);
        }, 0);
        expect(Math.abs(inFrequency / length - energy)).toBeLessThanOrEqual(1e-12 * Math.max(energy, 1e-6));
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test('an instance gives the same spectrum twice: no scratch leaks from call to call', () => {
    for (const length of [64, 97, 1764]) {
      const fft = new RealFft(length);
      const [a, b] = [noise(length, 5), noise(length, 6)].map((x) => Float64Array.from(x));
      const run = (signal: Float64Array): Float64Array => {
        const re = new Float64Array(fft.bins);
        fft.forward(signal, re, new Float64Array(fft.bins));
        return re;
      };
      const first = run(a!);
      run(b!);
      expect(run(a!)).toEqual(first);
    }
  });

  test('a length that is not a positive integer is refused', () => {
    for (const length of [0, -2, 2.5, Number.NaN]) {
      expect(() => new RealFft(length)).toThrow(UsageError);
      expect(() => complexFft(length)).toThrow(UsageError);
    }
  });
});
