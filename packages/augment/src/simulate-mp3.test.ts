import { describe, expect, test } from '@jest/globals';
import { createRng } from '@asc/core';
import fc from 'fast-check';
import { Mdct } from './mdct.js';
import { MP3_KBPS, simulateMp3, type Mp3Kbps } from './simulate-mp3.js';
import { decibels, GOLDEN_RATE_HZ, goldenFigures, goldenSound, octavePower } from './sound-golden.test.helper.js';

interface Mp3Figures {
  readonly kbps: Mp3Kbps;
  readonly snrDb: number;
  readonly octaveSnrDb: number[];
  readonly octaveDb: number[];
}

const energy = (x: Float32Array) => x.reduce((sum, v) => sum + v * v, 0);
const difference = (x: Float32Array, y: Float32Array) => x.map((v, i) => v - y[i]!);
const snrDb = (x: Float32Array, y: Float32Array) => 10 * Math.log10(energy(x) / energy(difference(x, y)));

describe('simulateMp3', () => {
  const x = goldenSound();

  test.each(goldenFigures<Mp3Figures>('mp3.json'))('behaves like LAME at $kbps kbit/s', (real) => {
    const y = simulateMp3(x, { sampleRateHz: GOLDEN_RATE_HZ, kbps: real.kbps });
    // It is a simulation: the same order of noise as a whole and in every octave, not the same noise.
    expect(Math.abs(snrDb(x, y) - real.snrDb)).toBeLessThan(3);
    decibels(octavePower(x), octavePower(difference(x, y))).forEach((octave, i) => {
      expect(Math.abs(octave - real.octaveSnrDb[i]!)).toBeLessThan(7);
    });
    // The same octaves are left alone, dulled or gone.
    decibels(octavePower(y), octavePower(x)).forEach((octave, i) => {
      const level = real.octaveDb[i]!;
      if (level > -3) expect(Math.abs(octave - level)).toBeLessThan(2);
      else expect(octave).toBeLessThan(level / 3);
    });
  });

  test('is better at every higher bit rate', () => {
    const all = MP3_KBPS.map((kbps) =>
      snrDb(x.subarray(0, 20_000), simulateMp3(x.subarray(0, 20_000), { sampleRateHz: GOLDEN_RATE_HZ, kbps })),
    );
    all.slice(1).forEach((snr, i) => expect(snr).toBeGreaterThan(all[i]! - 0.1));
    expect(all[0]).toBeGreaterThan(0);
    // The top above 20.25 kHz stays away.
    expect(all.at(-1)).toBeGreaterThan(15);
  });

  test('keeps shape and place, stays near the range, is deterministic, and changes no input', () => {
    fc.assert(
      fc.property(
        fc.nat(3000),
        fc.constantFrom(...MP3_KBPS),
        fc.constantFrom(8000, 16_000, 44_100),
        fc.nat(),
        (length, kbps, sampleRateHz, seed) => {
          const sound = createRng(seed)
            .fillUniform(new Float32Array(length))
            .map((u) => 2 * u - 1);
          const before = sound.slice();
          const coded = simulateMp3(sound, { sampleRateHz, kbps });
          expect(coded).toHaveLength(length);
          // White noise at full scale is the worst there is; half as much again is what its quantisation may add.
          expect(coded.every((v) => Math.abs(v) <= 2)).toBe(true);
          expect(simulateMp3(sound, { sampleRateHz, kbps })).toEqual(coded);
          expect(sound).toEqual(before);
        },
      ),
      { seed: 91, numRuns: 20 },
    );
  });

  test('silence stays silence, and silence after sound becomes silence', () => {
    const options = { sampleRateHz: 44_100, kbps: 16 } as const;
    expect(simulateMp3(new Float32Array(5000), options).every((v) => v === 0)).toBe(true);
    const sound = new Float32Array(6000);
    sound.set(x.subarray(0, 2000));
    expect(
      simulateMp3(sound, options)
        .subarray(3500)
        .every((v) => v === 0),
    ).toBe(true);
    expect(simulateMp3(new Float32Array(0), options)).toHaveLength(0);
  });

  test('refuses what MP3 does not know', () => {
    expect(() => simulateMp3(x, { sampleRateHz: 44_100, kbps: 33 as never })).toThrow('received 33');
    expect(() => simulateMp3(x, { sampleRateHz: 0, kbps: 32 })).toThrow('received 0');
    expect(() => simulateMp3(Float32Array.of(Infinity), { sampleRateHz: 8000, kbps: 32 })).toThrow('Infinity');
    expect(() => simulateMp3(x, { sampleRateHz: 8000, bitrate: 32 } as never)).toThrow('unknown key');
  });
});

describe('Mdct', () => {
  test('is the sum it stands for, and its overlapping inverses add up to the signal', () => {
    for (const size of [4, 36, 576]) {
      const mdct = new Mdct(size);
      const signal = Float64Array.from(createRng(size).fillNormal(new Float32Array(6 * size)));
      const out = new Float64Array(size);
      const restored = new Float64Array(6 * size);
      for (let start = 0; start + 2 * size <= signal.length; start += size) {
        mdct.forward(signal, start, out);
        if (start === 0) {
          for (const k of [0, 1, size - 1]) {
            let sum = 0;
            for (let n = 0; n < 2 * size; n++) {
              const window = Math.sin((Math.PI / (2 * size)) * (n + 0.5));
              sum += window * signal[n]! * Math.cos((Math.PI / size) * (n + 0.5 + size / 2) * (k + 0.5));
            }
            expect(out[k]).toBeCloseTo(Math.sqrt(2 / size) * sum, 10);
          }
        }
        mdct.addInverse(out, restored, start);
      }
      for (let i = size; i < 5 * size; i++) expect(restored[i]).toBeCloseTo(signal[i]!, 12);
    }
  });
});
