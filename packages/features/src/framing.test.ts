import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkClipLength, frameCount, minimumSamples, padClip, type FramingConfig } from './framing.js';

const base: FramingConfig = { preEmphasis: 0, windowSamples: 6, hopSamples: 3, fftLength: 8, center: 'reflect' };

function padded(config: FramingConfig, values: readonly number[]): number[] {
  const out = new Float64Array(values.length - (config.preEmphasis ? 1 : 0) + (config.center === 'none' ? 0 : 8));
  padClip(config, Float32Array.from(values), out);
  return [...out];
}

describe('framing', () => {
  test('reflection leaves the edge sample single, zero padding adds silence, none adds nothing', () => {
    const x = [1, 2, 3, 4, 5];
    expect(padded(base, x)).toEqual([5, 4, 3, 2, 1, 2, 3, 4, 5, 4, 3, 2, 1]);
    expect(padded({ ...base, center: 'zero' }, x)).toEqual([0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0]);
    expect(padded({ ...base, center: 'none' }, x)).toEqual(x);
  });

  test('pre-emphasis drops the first sample and comes before the padding', () => {
    expect(padded({ ...base, center: 'zero', preEmphasis: 0.5 }, [1, 2, 4])).toEqual([0, 0, 0, 0, 1.5, 3, 0, 0, 0, 0]);
  });

  test('five seconds at 44.1 kHz, 20 ms hop, are 251 frames; the sample pre-emphasis drops costs the last one', () => {
    const plain = { ...base, windowSamples: 1764, hopSamples: 882, fftLength: 2048 };
    const emphasised = { ...plain, preEmphasis: 0.97 };
    expect(frameCount(plain, 220_500)).toBe(251);
    expect(frameCount(emphasised, 220_500)).toBe(250);
    expect(frameCount(emphasised, 220_501)).toBe(251);
  });

  test('the shortest clip has a frame and one sample less is refused, whatever the configuration', () => {
    const configs = fc.record({
      preEmphasis: fc.constantFrom(0, 0.97),
      windowSamples: fc.integer({ min: 1, max: 16 }),
      hopSamples: fc.integer({ min: 1, max: 20 }),
      fftLength: fc.integer({ min: 16, max: 33 }),
      center: fc.constantFrom('reflect' as const, 'zero' as const, 'none' as const),
    });
    fc.assert(
      fc.property(configs, (config) => {
        const fewest = minimumSamples(config);
        expect(frameCount(config, fewest)).toBeGreaterThanOrEqual(1);
        expect(frameCount(config, fewest - 1)).toBe(0);
        expect(() => checkClipLength(config, fewest)).not.toThrow();
        expect(() => checkClipLength(config, fewest - 1)).toThrow(/too short|empty/);
        expect(frameCount(config, fewest + 10 * config.hopSamples)).toBe(frameCount(config, fewest) + 10);
      }),
      { seed: 2, numRuns: 200 },
    );
  });
});
