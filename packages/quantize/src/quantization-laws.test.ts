import { describe, expect, test } from '@jest/globals';
import type { OnnxTensor } from '@asc/onnx';
import fc from 'fast-check';
import {
  activationParameters,
  INTEGER_LIMITS,
  roundHalfEven,
  type QuantizationParameters,
} from './quantization-parameters.js';
import { quantizeBias, quantizeWeight, raiseForBias, weightScales } from './quantize-weights.js';
import { ValueHistogram } from './value-histogram.js';

const number = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
const type = fc.constantFrom('int8' as const, 'uint8' as const);

/** q = clamp(round(x / scale) + zeroPoint), halves to even: what ONNX QuantizeLinear computes. */
function quantizeValue(x: number, { type, scale, zeroPoint }: QuantizationParameters): number {
  const { min, max } = INTEGER_LIMITS[type];
  return Math.min(max, Math.max(min, roundHalfEven(Math.fround(x / scale)) + zeroPoint));
}

/** x = (q − zeroPoint) · scale: what ONNX DequantizeLinear computes. */
function dequantizeValue(q: number, { scale, zeroPoint }: QuantizationParameters): number {
  return Math.fround((q - zeroPoint) * scale);
}

describe('laws of 8-bit numbers', () => {
  test('|x − dq(q(x))| ≤ scale/2 within the range, and 0 is exact', () => {
    fc.assert(
      fc.property(number, number, fc.double({ min: 0, max: 1, noNaN: true }), type, (a, b, share, kind) => {
        const [min, max] = [Math.min(a, b, 0), Math.max(a, b, 0)];
        const parameters = activationParameters({ min, max }, kind);
        const x = Math.fround(min + share * (max - min));
        // The zero point is rounded: the range may end half a step early. Float32 rounding adds a few ulps.
        const slack = 1.001 * parameters.scale * (x - min < parameters.scale || max - x < parameters.scale ? 1 : 0.5);
        expect(Math.abs(x - dequantizeValue(quantizeValue(x, parameters), parameters))).toBeLessThanOrEqual(slack);
        expect(dequantizeValue(quantizeValue(0, parameters), parameters)).toBe(0);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test('a clipped lower end at zero puts the zero point at the smallest integer, so that it is a Relu', () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(1e-20), max: Math.fround(1e20), noNaN: true }), (max) => {
        expect(activationParameters({ min: 0, max }, 'uint8').zeroPoint).toBe(0);
        expect(activationParameters({ min: 0, max }, 'int8').zeroPoint).toBe(-128);
      }),
      { seed: 2, numRuns: 200 },
    );
    expect(activationParameters({ min: 0, max: 0 }, 'uint8')).toEqual({ type: 'uint8', scale: 1, zeroPoint: 0 });
  });

  test('weights are within half a step of their channel', () => {
    const weight = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), fc.nat({ max: 1 }))
      .chain(([rows, columns, axis]) =>
        fc.array(number, { minLength: rows * columns, maxLength: rows * columns }).map((values) => ({
          axis,
          tensor: { type: 'float32', shape: [rows, columns], data: Float32Array.from(values) } satisfies OnnxTensor,
        })),
      );
    fc.assert(
      fc.property(weight, ({ axis, tensor }) => {
        const scales = weightScales(tensor, axis);
        const integers = quantizeWeight(tensor, scales).data as Int8Array;
        const columns = tensor.shape[1] ?? 1;
        integers.forEach((q, i) => {
          const scale = scales.scales[axis === 0 ? Math.floor(i / columns) : i % columns] ?? 0;
          expect(Math.abs((tensor.data[i] ?? 0) - q * scale)).toBeLessThanOrEqual(0.5001 * scale);
        });
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  test('a bias far larger than its weights raises their scale instead of overflowing', () => {
    const weight: OnnxTensor = { type: 'float32', shape: [1, 1], data: Float32Array.of(1e-12) };
    const bias: OnnxTensor = { type: 'float32', shape: [1], data: Float32Array.of(-3) };
    const raised = raiseForBias(weightScales(weight, 0), 0.01, bias);
    const { bias: integers, scales } = quantizeBias(bias, 0.01, raised);
    expect(Number(integers.data[0]) * (scales[0] ?? 0)).toBeCloseTo(-3, 5);
  });

  test('halves round to even', () => {
    expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4999].map(roundHalfEven).map((x) => x + 0)).toEqual([
      -2, -2, 0, 0, 2, 2, 2,
    ]);
  });
});

describe('ValueHistogram', () => {
  const rangeOf = (values: Float32Array): { min: number; max: number } => ({
    min: Math.min(...values),
    max: Math.max(...values),
  });

  test('the hundredth percentile is close to the whole range, whatever arrives when', () => {
    fc.assert(
      fc.property(fc.array(fc.array(number, { minLength: 1 }), { minLength: 1, maxLength: 4 }), (batches) => {
        const histogram = new ValueHistogram();
        for (const batch of batches) histogram.add(Float32Array.from(batch), rangeOf(Float32Array.from(batch)));
        const all = rangeOf(Float32Array.from(batches.flat()));
        const { min, max } = histogram.range(100);
        expect(min).toBeGreaterThanOrEqual(all.min);
        expect(max).toBeLessThanOrEqual(all.max);
        // The reference takes the lower edge of the last bin.
        const bin = (2 * Math.max(Math.abs(all.min), Math.abs(all.max))) / 1000;
        expect(all.max - max).toBeLessThanOrEqual(bin);
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  test('numbers that explode do not fill the memory', () => {
    const histogram = new ValueHistogram();
    for (const scale of [1e-30, 1, 1e30]) histogram.add(Float32Array.of(-scale, scale), { min: -scale, max: scale });
    expect(histogram.range(100).min).toBeCloseTo(-1e30, -26);
  });

  test('cuts outliers', () => {
    const values = Float32Array.from({ length: 10_000 }, (_, i) => i / 10_000).with(5, 100);
    const histogram = new ValueHistogram();
    histogram.add(values, rangeOf(values));
    expect(histogram.range(99.9).max).toBeLessThan(1.2);
  });
});
