import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { goldenFloat64, goldenJson, largestDifference, largestMagnitude, noise } from './golden.test.helpers.js';
import { melFilterbank, type MelFilterbankOptions } from './mel-filterbank.js';
import { hzToMel, melToHz } from './mel-scale.js';
import { SparseFilterbank } from './sparse-filterbank.js';

describe('melFilterbank', () => {
  test('banks equal librosa.filters.mel, torchaudio melscale_fbanks and VGGish, in float64', () => {
    for (const golden of goldenJson<(MelFilterbankOptions & { file: string })[]>('banks.json')) {
      const expected = goldenFloat64(golden.file);
      // Corners near 20 kHz keep 16 digits; the slopes divide by gaps about 500 times smaller.
      const tolerance = 1e-12 * largestMagnitude(expected);
      expect(largestDifference(melFilterbank(golden), expected)).toBeLessThan(tolerance);
    }
  });

  test('between the first and last centre, triangles without norm add up to 1', () => {
    const options = { sampleRateHz: 32000, fftLength: 2048, bands: 40, minHz: 50, maxHz: 15000, norm: 'none' } as const;
    for (const scale of ['htk', 'slaney', 'vggish'] as const) {
      const bank = melFilterbank({ ...options, scale });
      const [low, high] = [hzToMel(50, scale), hzToMel(15000, scale)];
      const centreHz = (f: number): number => melToHz(low + ((high - low) * (f + 1)) / 41, scale);
      for (let k = 0; k <= 1024; k += 1) {
        const hz = (k * 32000) / 2048;
        if (hz < centreHz(0) || hz > centreHz(39)) continue;
        const sum = bank.subarray(k * 40, (k + 1) * 40).reduce((total, weight) => total + weight, 0);
        expect(Math.abs(sum - 1)).toBeLessThan(1e-11);
      }
    }
  });

  test('mel scales invert and rise', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('htk', 'slaney', 'vggish'),
        fc.double({ min: 0, max: 96000, noNaN: true }),
        (scale, hz) => {
          expect(Math.abs(melToHz(hzToMel(hz, scale), scale) - hz)).toBeLessThan(1e-9 * (1 + hz));
          expect(hzToMel(hz + 1, scale)).toBeGreaterThan(hzToMel(hz, scale));
        },
      ),
      { seed: 5, numRuns: 200 },
    );
  });

  test('the sparse form is the dense product, and names bands no bin falls into', () => {
    const bands = 80;
    const dense = melFilterbank({
      sampleRateHz: 44100,
      fftLength: 512,
      bands,
      minHz: 0,
      maxHz: 22050,
      scale: 'htk',
      norm: 'slaney',
    });
    const spectrum = Float64Array.from(noise(257), Math.abs);
    const expected = Float64Array.from({ length: bands }, (_, f) =>
      spectrum.reduce((sum, x, k) => sum + x * dense[k * bands + f]!, 0),
    );
    const sparse = new SparseFilterbank(dense, bands);
    const out = new Float64Array(bands);
    sparse.apply(spectrum, out);
    expect(largestDifference(out, expected)).toBeLessThan(1e-15);
    expect(sparse.emptyBands.length).toBeGreaterThan(0);
    for (const f of sparse.emptyBands) expect(out[f]).toBe(0);
  });
});
