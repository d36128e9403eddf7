import { describe, expect, test } from '@jest/globals';
import { DataError, UsageError, type FeatureMap } from '@asc/core';
import fc from 'fast-check';
import type { FrontEndInput } from './config.js';
import { frontEnd } from './front-end.js';
import { goldenSignal, noise } from './golden.test.helpers.js';
import { frontEndPreset, PRESET_NAMES } from './presets.js';
import { createStream, framesToMap, type FrontEndStream } from './stream.js';

const signal = goldenSignal();

/** Runs `clip` through `stream` in pieces of the given sizes, over and over. */
function inPieces(stream: FrontEndStream, clip: Float32Array, sizes: readonly number[]): FeatureMap {
  const frames: Float32Array[] = [];
  for (let at = 0, i = 0; at < clip.length; i += 1) {
    const size = sizes[i % sizes.length]!;
    frames.push(...stream.push(clip.subarray(at, at + size)));
    at += size;
  }
  frames.push(...stream.flush());
  return framesToMap(frames, stream.bands, stream.channels);
}

const configs: fc.Arbitrary<FrontEndInput> = fc.record({
  preset: fc.constant('xin2022' as const),
  preEmphasis: fc.constantFrom(0, 0.97),
  windowSamples: fc.integer({ min: 3, max: 64 }),
  hopSamples: fc.integer({ min: 1, max: 150 }),
  fftLength: fc.constantFrom(64, 65, 81),
  center: fc.constantFrom('reflect' as const, 'zero' as const, 'none' as const),
  bands: fc.constant(5),
  log: fc.constantFrom(
    { kind: 'none' as const },
    { kind: 'ln' as const, eps: 1e-5 },
    { kind: 'db' as const, amin: 1e-10, topDb: 30 },
  ),
  deltas: fc.record({
    order: fc.constantFrom(0 as const, 1 as const, 2 as const),
    width: fc.constantFrom(3, 5, 9),
    stack: fc.constantFrom('channel' as const, 'frequency' as const),
  }),
  normalise: fc.constantFrom(
    { kind: 'none' as const },
    { kind: 'clip-band' as const, floor: 0.001 },
    { kind: 'affine' as const, offset: -4.5, scale: 5 },
  ),
});

describe('createStream', () => {
  test('streaming is whole-clip to the bit: any configuration, length and pieces', () => {
    fc.assert(
      fc.property(
        configs,
        fc.integer({ min: 1500, max: 2500 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 9 }),
        (config, length, sizes) => {
          const clip = noise(length, length);
          expect(inPieces(createStream(config), clip, sizes)).toEqual(frontEnd(config).compute(clip));
        },
      ),
      { seed: 17, numRuns: 100 },
    );
  });

  test.each(PRESET_NAMES)('%s: streaming is whole-clip', (name) => {
    const whole = frontEnd(name).compute(signal);
    expect(inPieces(createStream(name), signal, [1, 4410, 0, 333])).toEqual(whole);
    expect(inPieces(createStream(name), signal, [signal.length])).toEqual(whole);
  });

  test('sample by sample works', () => {
    const config = { preset: 'vggish', windowSamples: 64, hopSamples: 32, fftLength: 64, bands: 8 } as const;
    const clip = noise(500);
    expect(inPieces(createStream(config), clip, [1])).toEqual(frontEnd(config).compute(clip));
  });

  test('a stream takes clip after clip, also after one that failed', () => {
    const stream = createStream('clova2021');
    const whole = frontEnd('clova2021').compute(signal);
    expect(inPieces(stream, signal, [5000])).toEqual(whole);
    stream.push(noise(100));
    expect(() => stream.flush()).toThrow(DataError);
    expect(() => stream.flush()).toThrow(/empty/);
    stream.push(noise(4000));
    expect(() => stream.flush()).toThrow(/deltas/);
    expect(inPieces(stream, signal, [777])).toEqual(whole);
  });

  test('frames come as early as they can; deltas wait for half their width', () => {
    const plain = { preset: 'clova2021', normalise: { kind: 'none' }, center: 'none', preEmphasis: 0 } as const;
    const stream = createStream({ ...plain, deltas: { order: 0, width: 9, stack: 'channel' } });
    expect(stream.waitsForFlush).toBe(false);
    expect(stream.push(noise(1763))).toHaveLength(0);
    expect(stream.push(noise(1))).toHaveLength(1);
    expect(stream.push(noise(882))).toHaveLength(1);
    const delayed = createStream(plain);
    expect(delayed.push(noise(1764 + 7 * 882))).toHaveLength(0);
    expect(delayed.push(noise(882))).toHaveLength(5);
    expect(delayed.push(noise(882))).toHaveLength(1);
    expect(delayed.flush()).toHaveLength(4);
  });

  test('normalisation over the clip waits for its end; over a rolling window it does not', () => {
    const closed = createStream('amfm-small');
    expect(closed.waitsForFlush).toBe(true);
    expect(closed.push(signal)).toHaveLength(0);
    expect(closed.flush()).toHaveLength(50);

    const rolling = createStream('amfm-small', { rollingFrames: 20 });
    expect(rolling.waitsForFlush).toBe(false);
    const frames = [...rolling.push(signal), ...rolling.flush()];
    expect(frames).toHaveLength(50);
    // Frame t has the statistics of frames t−19 … t: the last frame of a clip that is exactly those.
    const { data } = frontEnd({ preset: 'amfm-small', normalise: { kind: 'none' } }).compute(signal);
    for (const f of [0, 64, 127]) {
      const recent = data.subarray(f * 50 + 21, f * 50 + 41);
      const mean = recent.reduce((sum, x) => sum + x, 0) / 20;
      const deviation = Math.sqrt(recent.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 19);
      expect(frames[40]![f]).toBeCloseTo((recent[19]! - mean) / deviation, 4);
    }
  });

  test('a rolling window longer than the clip ends as the whole clip does', () => {
    for (const config of ['amfm-small', { preset: 'xin2022', log: { kind: 'db', amin: 1e-10, topDb: 40 } }] as const) {
      const stream = createStream(config, { rollingFrames: 1000 });
      const frames = [...stream.push(signal), ...stream.flush()];
      const whole = frontEnd(config).compute(signal);
      const last = whole.frames - 1;
      expect(frames).toHaveLength(whole.frames);
      for (let f = 0; f < whole.bands; f += 1) expect(frames[last]![f]).toBe(whole.data[f * whole.frames + last]);
    }
  });

  test('a damaged piece is refused by its place in the stream, and the stream goes on without it', () => {
    const stream = createStream('vggish');
    const [head, tail] = [signal.subarray(0, 1000), signal.subarray(1000, 5000)];
    const frames = stream.push(head);
    const damaged = Float32Array.of(0, Number.NaN);
    expect(() => stream.push(damaged)).toThrow(/NaN at sample 1001/);
    expect(() => stream.push([0] as unknown as Float32Array)).toThrow(UsageError);
    frames.push(...stream.push(tail), ...stream.flush());
    expect(framesToMap(frames, 64, 1)).toEqual(frontEnd('vggish').compute(signal.subarray(0, 5000)));
  });

  test('a rolling window that is no count of frames is refused', () => {
    for (const rollingFrames of [0, -1, 1.5, Number.NaN]) {
      expect(() => createStream('vggish', { rollingFrames })).toThrow(UsageError);
    }
    expect(() => createStream('vggish', { rolling: 3 } as object)).toThrow(/rollingFrames/);
    expect(createStream('vggish').config).toEqual(frontEndPreset('vggish').config);
  });

  test('memory of an endless stream stays bounded', () => {
    const stream = createStream('vggish');
    const piece = noise(16_000);
    const before = process.memoryUsage().arrayBuffers;
    for (let second = 0; second < 60; second += 1) stream.push(piece);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8e6);
  });
});
