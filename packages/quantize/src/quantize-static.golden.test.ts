import { describe, expect, test } from '@jest/globals';
import { calibrate } from './calibrate.js';
import { constantsOfDequantize, quantizeGoldens, runAll } from './quantize-goldens.test.helper.js';
import { quantizeStatic } from './quantize-static.js';

const goldens = quantizeGoldens();
const { golden, float, feeds, python } = goldens;

describe('quantizeStatic against quantize_static of onnxruntime 1.30', () => {
  test.each([
    ['s8s8', goldens.python],
    ['u8s8', goldens.pythonU8S8],
    ['u8u8', goldens.pythonU8U8],
  ] as const)('%s has its scales, zero points, integer weights and biases', async (scheme, python) => {
    const ours = await quantizeStatic(float, feeds, { scheme, threads: 1 });
    const expected = constantsOfDequantize(python);
    const received = constantsOfDequantize(ours);
    // The float32 logits are ours alone: Gemm needs no 8-bit output, and log loss wants the precision.
    expected.delete('logits');
    // Python writes the unquantized names in front of each pair; a dropped Relu's value has the Relu's name in both.
    expect([...received.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
    for (const [name, { scale, zero, integers }] of expected) {
      const found = received.get(name);
      expect({ name, zero: found?.zero }).toEqual({ name, zero });
      if (name.startsWith('weight')) expect({ name, ...found }).toEqual({ name, scale, zero, integers });
      // Ranges of activations, and with them bias scales, differ by float32 rounding: its calibration runs the graph
      // unoptimised, ours optimised, and the order of a convolution's sums differs.
      scale.forEach((value, i) => expect(Math.abs((found?.scale[i] ?? 0) / value - 1)).toBeLessThan(1e-5));
      integers?.forEach((value, i) => {
        expect(Math.abs((found?.integers?.[i] ?? Infinity) - value)).toBeLessThanOrEqual(1 + 1e-5 * Math.abs(value));
      });
    }
  });

  test('predicts what it predicts, to a step of its output', async () => {
    const ours = await quantizeStatic(float, feeds, { scheme: 's8s8', threads: 1 });
    const logits = await runAll(ours, feeds);
    // Python rounds the logits to 8 bits: half a step of its output scale, plus one integer step inside.
    const step = constantsOfDequantize(python).get('logits')?.scale[0] ?? 0;
    golden.logits.int8
      .flat()
      .forEach((value, i) => expect(Math.abs((logits[i] ?? 0) - value)).toBeLessThan(1.5 * step));
  });

  test('uint8 activations are the same numbers, 128 higher', async () => {
    const int8 = await quantizeStatic(float, feeds, { scheme: 's8s8', threads: 1 });
    const uint8 = await quantizeStatic(float, feeds, { scheme: 'u8s8', threads: 1 });
    const signed = constantsOfDequantize(int8);
    for (const [name, { scale, zero }] of constantsOfDequantize(uint8)) {
      expect(scale).toEqual(signed.get(name)?.scale);
      const shift = name === 'x' || float.nodes.some(({ outputs }) => outputs.includes(name)) ? 128 : 0;
      expect(zero).toEqual(signed.get(name)?.zero.map((value) => value + shift));
    }
    expect(await runAll(uint8, feeds)).toEqual(await runAll(int8, feeds));
  });

  test('moving averages of ranges are the same to float32 rounding', async () => {
    const ranges = await calibrate(float, feeds, { method: 'moving-average', threads: 1 });
    for (const [name, [low, high]] of Object.entries(golden.ranges['moving-average'] ?? {})) {
      const found = ranges.get(name) ?? { min: Infinity, max: Infinity };
      expect(Math.abs(found.min - low)).toBeLessThanOrEqual(1e-5 * Math.abs(low));
      expect(Math.abs(found.max - high)).toBeLessThanOrEqual(1e-5 * Math.abs(high));
    }
  });

  test.each(['percentile', 'entropy'] as const)('ranges by %s agree to a bin', async (method) => {
    const ranges = await calibrate(float, feeds, { method, percentile: golden.percentile, threads: 1 });
    const first = await calibrate(float, feeds.slice(0, 1), { threads: 1 });
    for (const [name, [low, high]] of Object.entries(golden.ranges[method] ?? {})) {
      // Bins over the first feed's range. A value at an edge may fall on the other side: the convolutions' sums are ordered
      // otherwise there, and its edges are float32.
      const { min, max } = first.get(name) ?? { min: 0, max: 0 };
      const bin = (1.001 * 2 * Math.max(Math.abs(min), Math.abs(max))) / (method === 'entropy' ? 128 : 2048);
      const range = ranges.get(name);
      expect(Math.abs((range?.min ?? Infinity) - low)).toBeLessThanOrEqual(bin);
      expect(Math.abs((range?.max ?? Infinity) - high)).toBeLessThanOrEqual(bin);
    }
  });

  test.each(['moving-average', 'percentile', 'entropy'] as const)(
    'scales and zero points by %s are those it derives',
    async (method) => {
      const ours = await quantizeStatic(float, feeds, {
        scheme: 's8s8',
        method,
        threads: 1,
        ...(method === 'percentile' ? { percentile: golden.percentile } : {}),
      });
      const received = constantsOfDequantize(ours);
      const entries = Object.entries(golden.parameters[method] ?? {}).filter(([name]) => name !== 'logits');
      expect(entries.length).toBeGreaterThan(8);
      for (const [name, [scale, zero]] of entries) {
        expect({ name, zero: received.get(name)?.zero }).toEqual({ name, zero: [zero] });
        expect(Math.abs((received.get(name)?.scale[0] ?? 0) / scale - 1)).toBeLessThan(1e-5);
      }
    },
  );
});

describe('the least squared error', () => {
  test('is within a hundredth of the least of the values themselves', async () => {
    const ranges = await calibrate(float, feeds, { method: 'mse', threads: 1 });
    for (const [name, { range, errors }] of Object.entries(golden.leastError)) {
      const found = ranges.get(name) ?? { min: 0, max: 0 };
      const whole = Math.max(range[1], 0) - Math.min(range[0], 0);
      const share = (Math.max(found.max, 0) - Math.min(found.min, 0)) / whole;
      // Bins instead of values: the curve is flat around its least.
      const error = errors[Math.round(100 * (1 - share))] ?? Infinity;
      expect(error).toBeLessThanOrEqual(1.01 * Math.min(...errors));
    }
  });
});
