import { createRng, UsageError } from '@asc/core';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesAsSource } from './byte-source.js';
import { openFlac } from './flac-decoder.js';
import { encodeFlac, type IntegerSound } from './flac-encoder.js';

/** Every channel as the decoder gives it, in the integers it was. */
async function decode(bytes: Uint8Array, sound: IntegerSound): Promise<Int32Array[]> {
  const { info, read } = await openFlac(bytesAsSource('memory', bytes), 0);
  const { bits, sampleRateHz, planes } = sound;
  expect(info).toEqual({ format: 'flac', sampleRateHz, channels: planes.length, bits, samples: planes[0]?.length });
  return Promise.all(
    planes.map(async (_, c) => Int32Array.from((await read(0, info.samples, [[c]]))[0]!, (x) => x * 2 ** (bits - 1))),
  );
}

const size = (sound: IntegerSound): number => encodeFlac(sound).length;
const sine = (samples: number, bits: number, step: number): Int32Array =>
  Int32Array.from({ length: samples }, (_, i) => Math.round(Math.sin(i * step) * (2 ** (bits - 1) - 1)));

describe('encodeFlac', () => {
  it('gives back every sample of whatever it is given', async () => {
    const sounds = fc.record({
      bits: fc.constantFrom(4, 8, 12, 16, 20, 24),
      channels: fc.integer({ min: 1, max: 3 }),
      samples: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(4095, 4096, 4097, 9000)),
      kind: fc.constantFrom('noise', 'extremes', 'constant', 'walk', 'wasted', 'spikes', 'alike'),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(sounds, async ({ bits, channels, samples, kind, seed }) => {
        const rng = createRng(seed);
        const most = 2 ** (bits - 1) - 1;
        const limit = (x: number): number => Math.max(-most - 1, Math.min(most, Math.round(x)));
        let last = 0;
        const draw: Record<typeof kind, (i: number) => number> = {
          noise: () => limit((2 * rng.uniform() - 1) * most),
          extremes: () => (rng.uniform() < 0.5 ? -most - 1 : most),
          constant: () => -3,
          walk: () => (last = limit(last + rng.normal() * 3)),
          wasted: () => limit((2 * rng.uniform() - 1) * most) & ~3,
          spikes: (i) => (i % 997 === 5 ? most : 0),
          alike: (i) => limit(most * 0.7 * Math.sin(i / 20)),
        };
        const planes = Array.from({ length: channels }, () =>
          Int32Array.from({ length: samples }, (_, i) => draw[kind](i)),
        );
        const sound = { planes, bits, sampleRateHz: 48_000 };
        expect(await decode(encodeFlac(sound), sound)).toEqual(planes);
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  it('spends bits only on what cannot be foretold', () => {
    const [n, bits, sampleRateHz] = [8192, 24, 44_100];
    const tone = sine(n, bits, 0.02);
    expect(size({ planes: [new Int32Array(n)], bits, sampleRateHz })).toBeLessThan(80);
    expect(size({ planes: [tone], bits, sampleRateHz })).toBeLessThan(n * 3 * 0.2);
    // Equal channels cost hardly more than one, and so do sixteen bits in a container of twenty-four.
    const one = size({ planes: [tone], bits, sampleRateHz });
    expect(size({ planes: [tone, tone], bits, sampleRateHz })).toBeLessThan(one + 60);
    const narrow = sine(n, 16, 0.02);
    const wide = { planes: [narrow.map((x) => x << 8)], bits, sampleRateHz };
    expect(size(wide)).toBeLessThan(size({ planes: [narrow], bits: 16, sampleRateHz }) + 30);
  });

  it.each<[string, Partial<IntegerSound>]>([
    ['no channels', { planes: [] }],
    ['no samples', { planes: [new Int32Array(0)] }],
    ['channels of different length', { planes: [new Int32Array(2), new Int32Array(3)] }],
    ['samples beyond their bits', { planes: [Int32Array.of(32_768)] }],
    ['too many bits', { bits: 32 }],
    ['no rate', { sampleRateHz: 0 }],
  ])('refuses %s', (_, wrong) => {
    expect(() => encodeFlac({ planes: [Int32Array.of(1)], bits: 16, sampleRateHz: 8000, ...wrong })).toThrow(
      UsageError,
    );
  });
});
