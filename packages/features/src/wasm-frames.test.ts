import { describe, expect, test } from '@jest/globals';
import { DataError, type FrontEndConfig } from '@asc/core';
import { deltaKernels, deltaRow } from './deltas.js';
import { FrameAnalyser } from './frame-analyser.js';
import type { FrameEngine } from './frame-engine.js';
import { frontEnd } from './front-end.js';
import { goldenSignal, largestDifference, largestMagnitude, noise } from './golden.test.helpers.js';
import { frontEndPreset, PRESET_NAMES } from './presets.js';
import { makeWasmFrames } from './wasm-frames.js';

const signal = goldenSignal().subarray(0, 22_050);
const small: FrontEndConfig = {
  ...frontEndPreset('clova2021').config,
  windowSamples: 200,
  hopSamples: 100,
  fftLength: 256,
  bands: 16,
};

function wasm(config: FrontEndConfig): FrameEngine {
  const engine = makeWasmFrames(config);
  if (engine === undefined) throw new Error('no WebAssembly engine');
  return engine;
}

function framesOf(engine: FrameEngine, samples: Float32Array, count: number): Float32Array {
  engine.load(samples);
  return engine.analyse(0, count).slice();
}

/** Float32 rounding of the largest number there is, of which both may be on another side. */
function expectAlike(config: FrontEndConfig, samples: Float32Array, count: number): void {
  const [fast, reference] = [wasm(config), new FrameAnalyser(config)].map((e) => framesOf(e, samples, count));
  expect(largestDifference(fast!, reference!)).toBeLessThanOrEqual(2 ** -23 * largestMagnitude(reference!));
}

describe('the WebAssembly engine', () => {
  test.each(PRESET_NAMES)('%s: the numbers of the TypeScript engine', (name) => {
    const { config } = frontEndPreset(name);
    const engine = wasm(config);
    expect([engine.bins, engine.emptyBands]).toEqual([config.fftLength / 2 + 1, new FrameAnalyser(config).emptyBands]);
    expectAlike(config, signal, 9);
  });

  test.each([16, 32, 64, 128, 512, 1024, 8192, 16384])('%d points', (fftLength) => {
    const bands = fftLength / 2 + 1;
    const linear = { mel: 'none', bands, log: { kind: 'none' }, spectrum: 'magnitude' } as const;
    expectAlike({ ...small, ...linear, fftLength, windowSamples: fftLength - 3 }, noise(20_000), 4);
  });

  test.each([
    { kind: 'none' },
    { kind: 'ln', eps: 1e-7 },
    { kind: 'ln', eps: 3 },
    { kind: 'db', amin: 1e-10, topDb: null },
  ] as const)('logarithm %j, either spectrum, bands without bins', (log) => {
    for (const spectrum of ['power', 'magnitude'] as const) {
      expectAlike({ ...small, log, spectrum }, noise(5000), 7);
      expectAlike(
        { ...small, log, spectrum, bands: 120 },
        noise(5000).map((x) => x * 1e-6),
        7,
      );
    }
  });

  test('a frame has the same bits alone, in company, and in either lane', () => {
    const engine = wasm(small);
    const count = 11;
    const all = framesOf(engine, signal, count);
    for (let t = 0; t < count; t += 1) {
      const alone = engine.analyse(t * small.hopSamples, 1);
      for (let f = 0; f < small.bands; f += 1) {
        expect([alone[2 * f], alone[2 * f + 1]]).toEqual([all[12 * f + t], all[12 * f + t]]);
      }
    }
    for (let f = 0; f < small.bands; f += 1) expect(all[12 * f + 11]).toBe(all[12 * f + 10]);
  });

  test('what an earlier clip left in memory changes nothing', () => {
    const config = { ...small, center: 'none', preEmphasis: 0.5 } as const;
    const used = wasm(config);
    framesOf(
      used,
      noise(20_000).map((x) => x * 1e30),
      190,
    );
    for (const length of [400, 401, 1003]) {
      expect(framesOf(used, signal.subarray(0, length), 2)).toEqual(
        framesOf(wasm(config), signal.subarray(0, length), 2),
      );
    }
  });

  test('is left out where it cannot be exact, and where there is none', () => {
    expect(makeWasmFrames({ ...small, fftLength: 300 })).toBeUndefined();
    expect(makeWasmFrames({ ...small, fftLength: 8, windowSamples: 8 })).toBeUndefined();
    expect(makeWasmFrames({ ...small, fftLength: 32_768 })).toBeUndefined();
    expect(makeWasmFrames({ ...small, log: { kind: 'ln', eps: 1e-320 } })).toBeUndefined();
    const expected = frontEnd(small).compute(signal);
    const kept = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly')!;
    try {
      Reflect.deleteProperty(globalThis, 'WebAssembly');
      expect(makeWasmFrames(small)).toBeUndefined();
      const { data } = frontEnd(small).compute(signal);
      // Normalised values: a rounding of the map is divided by deviations of about 1.
      expect(largestDifference(data, expected.data)).toBeLessThan(1e-5);
    } finally {
      Object.defineProperty(globalThis, 'WebAssembly', kept);
    }
  });

  test('more frames than WebAssembly can address are refused', () => {
    const engine = wasm(small);
    engine.load(noise(1000));
    expect(() => engine.analyse(0, 2 ** 28)).toThrow(DataError);
    expect(() => engine.analyse(0, 2 ** 28)).toThrow(/createStream/);
  });
});

describe('deltas', () => {
  test.each([
    [1, 9, 9],
    [2, 9, 10],
    [2, 9, 31],
    [2, 5, 32],
    [1, 3, 3],
  ] as const)('of order %d over %d frames, of %d: the bits of deltaRow', (order, width, count) => {
    const config = { ...small, deltas: { order, width, stack: 'channel' as const } };
    const engine = wasm(config);
    const frames = framesOf(engine, signal, count);
    const columns = frames.length / config.bands;
    deltaKernels(config.deltas).forEach((kernel, i) => {
      for (let band = 0; band < config.bands; band++) {
        const expected = new Float32Array(count);
        deltaRow(kernel, frames.subarray(band * columns, band * columns + count), expected);
        expect(engine.delta(i + 1, band, count)).toEqual(expected);
      }
    });
    // The frames are as they were.
    expect(engine.analyse(0, count).slice()).toEqual(frames);
  });
});
