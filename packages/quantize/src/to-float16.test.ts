import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ndArray } from '@asc/core';
import { decodeOnnx, encodeOnnx, OnnxRunner, type OnnxModel } from '@asc/onnx';
import fc from 'fast-check';
import { toFloat16Bits } from './float16.js';
import { toFloat16 } from './to-float16.js';

const GOLDEN = new URL('../../../golden/quantize/golden.json', import.meta.url);

/** y (1, 4) = x (1, 4) · w + (something the front end scales) */
function model(weight: Float32Array): OnnxModel {
  return {
    irVersion: 9,
    producer: 'test',
    opsets: { '': 17 },
    graphName: 'g',
    inputs: [{ name: 'x', type: 'float32', shape: ['B', 100] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['B', 100] }],
    valueInfo: [],
    nodes: [
      { op: 'Mul', domain: '', name: 'frontend/window', inputs: ['x', 'window'], outputs: ['f'], attributes: {} },
      { op: 'MatMul', domain: '', name: 'dense', inputs: ['f', 'w'], outputs: ['y'], attributes: {} },
    ],
    initializers: new Map([
      ['window', { type: 'float32', shape: [100], data: new Float32Array(100).fill(0.1) }],
      ['w', { type: 'float32', shape: [100, 100], data: weight }],
    ]),
    metadata: { kept: 'yes' },
  };
}

/** The number a float16 bit pattern stands for. */
function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

describe('float16 conversion', () => {
  test('is that of numpy, bit for bit, subnormals, ties and overflow included', () => {
    const { float16 } = JSON.parse(readFileSync(GOLDEN, 'utf8')) as {
      float16: { float32: number[]; float16: number[] };
    };
    const values = new Float32Array(Uint32Array.from(float16.float32).buffer);
    expect(Array.from(toFloat16Bits(values))).toEqual(float16.float16);
  });

  test('every float16 number comes back from float32', () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    expect(toFloat16Bits(Float32Array.from(all, fromFloat16Bits))).toEqual(all);
  });

  test('is within half a step', () => {
    const within = fc.float({ noNaN: true, min: -65_504, max: 65_504 });
    fc.assert(
      fc.property(within, (value) => {
        const [bits = 0] = toFloat16Bits(Float32Array.of(value));
        const step = Math.max(2 ** -24, 2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - 10));
        expect(Math.abs(fromFloat16Bits(bits) - value)).toBeLessThanOrEqual(step / 2);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('toFloat16', () => {
  const weight = Float32Array.from({ length: 10_000 }, (_, i) => Math.sin(i * i));

  test('halves the file, keeps float32 at the border and runs', async () => {
    const original = model(weight);
    const half = toFloat16(original);
    expect(encodeOnnx(half).length / encodeOnnx(original).length).toBeLessThan(0.53);
    expect([half.inputs, half.outputs, half.metadata]).toEqual([original.inputs, original.outputs, original.metadata]);
    expect(half.initializers.get('window')).toEqual(original.initializers.get('window'));
    const x = ndArray('float32', [1, 100], new Float32Array(100).fill(1));
    const runners = [await OnnxRunner.create(original), await OnnxRunner.create(decodeOnnx(encodeOnnx(half)))];
    const [exact, rounded] = await Promise.all(runners.map(async (runner) => (await runner.run({ x }))['y']?.data));
    // 100 weights below 1, each off by at most 2^-12, times 0.1.
    exact?.forEach((value, i) => expect(Math.abs(value - (rounded?.[i] ?? 0))).toBeLessThan(100 * 0.1 * 2 ** -12));
    await Promise.all(runners.map((runner) => runner.release()));
  });

  test('clamps what float16 cannot hold', () => {
    const huge = weight.with(0, 1e6).with(1, -1e6);
    const data = toFloat16(model(huge)).initializers.get('w.f16')?.data as Uint16Array;
    expect([fromFloat16Bits(data[0] ?? 0), fromFloat16Bits(data[1] ?? 0)]).toEqual([65_504, -65_504]);
  });

  test('refuses NaN weights and a second conversion', () => {
    expect(() => toFloat16(model(weight.with(7, Number.NaN)))).toThrow(
      /Weight w is not finite[\s\S]*NaN at position 7/,
    );
    expect(() => toFloat16(toFloat16(model(weight)))).toThrow(/float16 already/);
  });
});
