import { describe, expect, test } from '@jest/globals';
import { createRng, ndArray, type FeatureMap } from '@asc/core';
import fc from 'fast-check';
import { cropMap } from './crop-map.js';
import { maskBatch } from './mask-batch.js';
import { maskMap } from './mask-map.js';
import { rollMap } from './roll-map.js';
import { shiftMap } from './shift-map.js';

/** A map whose number at (f, t, c) is 1 + 10000·f + 10·t + c: never zero, and says where it came from. */
function place(bands: number, frames: number, channels: number): FeatureMap {
  const data = new Float32Array(bands * frames * channels);
  for (let i = 0; i < data.length; i++) {
    const f = Math.floor(i / (frames * channels));
    const t = Math.floor(i / channels) % frames;
    data[i] = 1 + 10_000 * f + 10 * t + (i % channels);
  }
  return { data, bands, frames, channels };
}

const anyMap = fc
  .record({
    bands: fc.integer({ min: 1, max: 9 }),
    frames: fc.integer({ min: 1, max: 12 }),
    channels: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ bands, frames, channels }) => place(bands, frames, channels));
const RUNS = { seed: 41, numRuns: 100 };

/** The frame of `place` that number came from. */
const frameOf = (value: number | undefined): number => Math.floor((((value ?? 0) - 1) % 10_000) / 10);

describe('rollMap', () => {
  test('rotates every band and channel by the same number of frames', () => {
    fc.assert(
      fc.property(anyMap, fc.nat(), (map, seed) => {
        const rolled = rollMap(map, createRng(seed));
        const shift = frameOf(rolled.data[0]);
        const { bands, frames, channels } = map;
        const expected = Array.from(map.data, (_, i) => {
          const f = Math.floor(i / (frames * channels));
          const t = (Math.floor(i / channels) + shift) % frames;
          return 1 + 10_000 * f + 10 * t + (i % channels);
        });
        expect(rolled).toEqual({ data: Float32Array.from(expected), bands, frames, channels });
        expect(rolled).toEqual(rollMap(map, createRng(seed)));
        expect(map).toEqual(place(bands, frames, channels));
      }),
      RUNS,
    );
  });
});

describe('shiftMap', () => {
  test('rotates every band and channel by round(N(0, sd)) frames, either way, fixed by the seed', () => {
    const map = place(2, 101, 2);
    const shifts = Array.from({ length: 400 }, (_, seed) => {
      const shifted = shiftMap(map, 10, createRng(seed));
      const first = frameOf(shifted.data[0]);
      const expected = Math.round(10 * createRng(seed).normal());
      expect(first).toBe((101 - expected) % 101);
      expect(frameOf(shifted.data[101 * 2 + 3])).toBe((first + 1) % 101);
      return expected;
    });
    const deviation = Math.sqrt(shifts.reduce((sum, shift) => sum + shift * shift, 0) / 400);
    // 10 within four deviations of an estimate from 400 draws (10/√800).
    expect(Math.abs(deviation - 10)).toBeLessThan(1.42);
    expect(shiftMap(map, 0, createRng(1))).toEqual(map);
    expect(map).toEqual(place(2, 101, 2));
    expect(() => shiftMap(map, -1, createRng(1))).toThrow('received -1');
  });
});

describe('cropMap', () => {
  test('keeps neighbouring frames of every band and channel', () => {
    fc.assert(
      fc.property(anyMap, fc.nat(), fc.nat(), (map, size, seed) => {
        const frames = 1 + (size % map.frames);
        const crop = cropMap(map, frames, createRng(seed));
        const start = frameOf(crop.data[0]);
        const expected = place(map.bands, frames, map.channels);
        expect(crop).toEqual({ ...expected, data: expected.data.map((value) => value + 10 * start) });
        expect(start + frames).toBeLessThanOrEqual(map.frames);
        expect(map).toEqual(place(map.bands, map.frames, map.channels));
      }),
      RUNS,
    );
  });

  test('refuses more frames than there are', () => {
    expect(() => cropMap(place(2, 3, 1), 4, createRng(1))).toThrow('expected at least 4 frames, received 3');
  });
});

describe('maskMap', () => {
  test('sets whole bands and whole frames to zero, narrower than maxWidth, and nothing else', () => {
    fc.assert(
      fc.property(anyMap, fc.nat(), fc.nat(), fc.nat(), (map, f, t, seed) => {
        const { bands, frames, channels } = map;
        const frequency = { count: 1, maxWidth: f % (bands + 1) };
        const time = { count: 1, maxWidth: t % (frames + 1) };
        const { data } = maskMap(map, { frequency, time }, createRng(seed));
        const at = (band: number, frame: number, channel: number): number =>
          data[(band * frames + frame) * channels + channel] ?? NaN;
        const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
        const zeroBands = range(bands).filter((b) => range(frames).every((i) => at(b, i, 0) === 0));
        const zeroFrames = range(frames).filter((i) => range(bands).every((b) => at(b, i, 0) === 0));
        expect(zeroBands.length).toBeLessThan(Math.max(1, frequency.maxWidth));
        expect(zeroFrames.length).toBeLessThan(Math.max(1, time.maxWidth));
        for (const zeros of [zeroBands, zeroFrames]) {
          expect(zeros).toEqual(range(zeros.length).map((i) => i + (zeros[0] ?? 0)));
        }
        for (const b of range(bands)) {
          for (const i of range(frames)) {
            const masked = zeroBands.includes(b) || zeroFrames.includes(i);
            for (const c of range(channels)) expect(at(b, i, c)).toBe(masked ? 0 : 1 + 10_000 * b + 10 * i + c);
          }
        }
        expect(map).toEqual(place(bands, frames, channels));
      }),
      RUNS,
    );
  });

  test('is the identity at zero width, zero count or no axes', () => {
    const map = place(4, 6, 2);
    for (const options of [
      {},
      { frequency: { count: 3, maxWidth: 0 } },
      { time: { count: 3, maxWidth: 1 } },
      { frequency: { count: 0, maxWidth: 4 } },
    ]) {
      expect(maskMap(map, options, createRng(1))).toEqual(map);
    }
  });

  test('draws every width below maxWidth equally often, and every start', () => {
    const rng = createRng(2);
    const widths = [0, 0, 0, 0, 0];
    const hits = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 2000; i++) {
      const { data } = maskMap(place(8, 1, 1), { frequency: { count: 1, maxWidth: 4 } }, rng);
      const zeros = [...data.keys()].filter((band) => data[band] === 0);
      widths[zeros.length] = (widths[zeros.length] ?? 0) + 1;
      for (const band of zeros) hits[band] = (hits[band] ?? 0) + 1;
    }
    expect(widths[4]).toBe(0);
    for (const count of widths.slice(0, 4)) expect(Math.abs(count - 500)).toBeLessThan(80);
    expect(Math.min(...hits)).toBeGreaterThan(0);
  });

  test('refuses masks wider than the map, unknown keys and sizes that are not the data', () => {
    const map = place(4, 6, 1);
    const rng = createRng(1);
    expect(() => maskMap(map, { frequency: { count: 1, maxWidth: 5 } }, rng)).toThrow('at most 4 bands, received 5');
    expect(() => maskMap(map, { time: { count: 1, maxWidth: 7 } }, rng)).toThrow('at most 6 frames, received 7');
    expect(() => maskMap(map, { time: { count: -1, maxWidth: 1 } }, rng)).toThrow('count of the time masks');
    // @ts-expect-error: what an untyped caller may pass
    expect(() => maskMap(map, { frequencies: {} }, rng)).toThrow('Did you mean "frequency"?');
    // @ts-expect-error: what an untyped caller may pass
    expect(() => maskMap(map, { time: { count: 1, width: 3 } }, rng)).toThrow('unknown key "width"');
    expect(() => maskMap({ ...map, frames: 5 }, {}, rng)).toThrow('= 20 numbers, received 24');
    expect(() => rollMap({ ...map, bands: 0 }, rng)).toThrow('bands of the feature map');
  });
});

describe('maskBatch', () => {
  test('masks every map of the batch as maskMap masks one with the same generator', () => {
    fc.assert(
      fc.property(anyMap, fc.integer({ min: 1, max: 4 }), fc.nat(), (map, size, seed) => {
        const { bands, frames, channels, data } = map;
        const options = { frequency: { count: 2, maxWidth: bands }, time: { count: 1, maxWidth: frames } };
        const all = new Float32Array(size * data.length);
        for (let i = 0; i < size; i++) all.set(data, i * data.length);
        const batch = ndArray('float32', [size, bands, frames, channels], all);
        const masked = maskBatch(batch, options, createRng(seed));
        const one = maskMap(map, options, createRng(seed));
        for (let i = 0; i < size; i++) {
          expect(masked.data.subarray(i * data.length, (i + 1) * data.length)).toEqual(one.data);
        }
        expect(masked.shape).toEqual(batch.shape);
        expect(all.every((value) => value !== 0)).toBe(true);
      }),
      RUNS,
    );
  });

  test('refuses other shapes and types', () => {
    expect(() => maskBatch(ndArray('float32', [2, 3]), {}, createRng(1))).toThrow('expected (B, F, T, C)');
    expect(() => maskBatch(ndArray('int32', [1, 1, 1, 1]), {}, createRng(1))).toThrow('received int32');
    const broken = { dtype: 'float32', shape: [1, 0, 4, 1], data: new Float32Array(4) } as const;
    expect(() => maskBatch(broken, {}, createRng(1))).toThrow('expected Float32Array of length 0');
    expect(maskBatch(ndArray('float32', [0, 4, 4, 1]), {}, createRng(1)).shape).toEqual([0, 4, 4, 1]);
  });
});
