import { describe, expect, test } from '@jest/globals';
import { DataError } from '@asc/core';
import { checkDeltaFrames, deltaKernel, deltaKernels, deltaRow } from './deltas.js';

const config = { order: 2, width: 5, stack: 'channel' } as const;

/** One band (T) to (T, 3): value, first, second derivative. */
function stack(values: readonly number[]): Float32Array {
  const rows = [Float32Array.from(values)];
  for (const kernel of deltaKernels(config)) {
    const out = new Float32Array(values.length);
    deltaRow(kernel, rows[0]!, out);
    rows.push(out);
  }
  return Float32Array.from({ length: 3 * values.length }, (_, i) => rows[i % 3]![Math.floor(i / 3)]!);
}

describe('deltas', () => {
  test('kernels are the textbook ones', () => {
    expect([...deltaKernel(1, 5)]).toEqual([-0.2, -0.1, 0, 0.1, 0.2]);
    expect([...deltaKernel(2, 3)].map((x) => Math.round(x * 1e12) / 1e12)).toEqual([1, -2, 1]);
  });

  test('a parabola has its own slope inside and its own curvature everywhere', () => {
    const out = stack(Array.from({ length: 9 }, (_, t) => t * t));
    for (let t = 2; t < 7; t += 1) expect(out[3 * t + 1]).toBeCloseTo(2 * t, 5);
    for (let t = 0; t < 9; t += 1) expect(out[3 * t + 2]).toBeCloseTo(2, 5);
  });

  test('edge frames repeat the nearest full window', () => {
    const out = stack([3, 1, 4, 1, 5, 9, 2, 6]);
    for (const [edge, inner] of [
      [0, 2],
      [1, 2],
      [7, 5],
      [6, 5],
    ] as const) {
      expect(out.slice(3 * edge + 1, 3 * edge + 3)).toEqual(out.slice(3 * inner + 1, 3 * inner + 3));
    }
  });

  test('too few frames are refused with the number needed', () => {
    expect(() => checkDeltaFrames(config, 4)).toThrow(DataError);
    expect(() => checkDeltaFrames(config, 4)).toThrow(/at least 5 frames/);
    expect(() => checkDeltaFrames(config, 5)).not.toThrow();
    expect(() => checkDeltaFrames({ ...config, order: 0 }, 1)).not.toThrow();
  });
});
