import { describe, expect, test } from '@jest/globals';
import { createRng } from '@asc/core';
import { encodeOnnx, OnnxRunner, type OnnxModel, type OnnxNode, type OnnxTensor } from '@asc/onnx';
import fc from 'fast-check';
import { roundAdaptively, type InputGram } from './adaptive-rounding.js';
import { inputGrams } from './input-grams.js';
import { planPrepared, prepareStatic } from './prepare-static.js';
import { weightKey } from './qdq-constants.js';
import { quantizeGoldens } from './quantize-goldens.test.helper.js';
import { quantizeDefaults, quantizeStatic } from './quantize-static.js';
import { QUANTIZATION_SCHEMES } from './quantization-scheme.js';
import { quantizeWeight, weightLimits, weightScales, type WeightScales } from './quantize-weights.js';
import { simulate } from './simulate/simulate.js';

const { float, feeds } = quantizeGoldens();
const floats = (shape: number[], data: readonly number[]): OnnxTensor => ({
  type: 'float32',
  shape,
  data: Float32Array.from(data),
});

/** What rounding added to every weight. */
function rounding(weight: OnnxTensor, integers: OnnxTensor, { axis, scales, zeroPoint }: WeightScales): number[] {
  const inner = axis === undefined ? 1 : weight.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  return Array.from(integers.data, Number).map((q, i) => {
    const channel = axis === undefined ? 0 : Math.floor(i / inner) % (weight.shape[axis] ?? 1);
    return (q - zeroPoint) * (scales[channel] ?? 1) - Number(weight.data[i]);
  });
}

/** Σ (Σ δ·x)² over rows x (P, K), of one output channel. */
const squaredError = (deltas: readonly number[], rows: readonly (readonly number[])[]): number =>
  rows.reduce((sum, row) => sum + row.reduce((dot, x, k) => dot + x * (deltas[k] ?? 0), 0) ** 2, 0);

function gramOf(rows: readonly (readonly number[])[]): InputGram {
  const inputs = rows[0]?.length ?? 0;
  const sums = new Float64Array(inputs * inputs);
  for (const row of rows)
    row.forEach((a, i) => row.forEach((b, j) => (sums[i * inputs + j] = (sums[i * inputs + j] ?? 0) + a * b)));
  return { groups: 1, inputs, sums };
}

describe('adaptive rounding', () => {
  test('lets errors of inputs that rise together cancel', () => {
    // A scale of 1: to the nearest, both 0.4 go down and the output misses 0.8; one of them up leaves 0.2.
    const weight = floats([1, 3], [127, 0.4, 0.4]);
    const scales = weightScales(weight, 0);
    const rows = [
      [1, 1, 1],
      [2, 2, 2],
    ];
    expect([...quantizeWeight(weight, scales).data]).toEqual([127, 0, 0]);
    expect([...roundAdaptively(weight, scales, 0, gramOf(rows)).data]).toEqual([127, 1, 0]);
    // Where they never meet, each is best at its nearest.
    const apart = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    expect([...roundAdaptively(weight, scales, 0, gramOf(apart)).data]).toEqual([127, 0, 0]);
  });

  test('is never worse than the nearest, at most one off, and no single step of it would gain', () => {
    const number = fc.float({ noNaN: true, min: -3, max: 3 });
    const list = (length: number) => fc.array(number, { minLength: length, maxLength: length });
    const layer = fc.record({
      values: list(10),
      rows: fc.array(list(5), { minLength: 1, maxLength: 6 }),
      type: fc.constantFrom('int8' as const, 'uint8' as const),
      axis: fc.constantFrom(0, 1),
    });
    fc.assert(
      fc.property(layer, ({ values, rows, type, axis }) => {
        // Some are integers already, such as the zeros of a pruned network.
        const weight = floats(axis === 0 ? [2, 5] : [5, 2], [0, ...values.slice(1)]);
        const scales = weightScales(weight, axis, type);
        const nearest = quantizeWeight(weight, scales);
        const adapted = roundAdaptively(weight, scales, axis, gramOf(rows));
        const { min, max } = weightLimits(type);
        const [before, after] = [nearest, adapted].map((integers) => rounding(weight, integers, scales));
        for (let channel = 0; channel < 2; channel++) {
          const places = Array.from({ length: 5 }, (_, k) => (axis === 0 ? 5 * channel + k : 2 * k + channel));
          const errorOf = (deltas: readonly number[] | undefined) =>
            squaredError(
              places.map((place) => deltas?.[place] ?? 0),
              rows,
            );
          const [worst, best] = [errorOf(before), errorOf(after)];
          expect(best).toBeLessThanOrEqual(worst * (1 + 1e-9) + 1e-12);
          for (const place of places) {
            const [q, n] = [Number(adapted.data[place]), Number(nearest.data[place])];
            expect([Math.abs(q - n) <= 1, q >= min, q <= max]).toEqual([true, true, true]);
            const step = scales.scales[scales.axis === undefined ? 0 : channel] ?? 1;
            const error = after?.[place] ?? 0;
            const other = error > 0 ? error - step : error + step;
            const target = q + (error > 0 ? -1 : 1);
            if (Math.abs(error) < 1e-6 * step || target < min || target > max) continue;
            const changed = errorOf(after?.map((delta, i) => (i === place ? other : delta)));
            expect(changed).toBeGreaterThanOrEqual(best - 2e-6 * worst - 1e-9);
          }
        }
        expect(adapted.data[0]).toBe(nearest.data[0]);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('sums of products of inputs', () => {
  const int = (value: number) => ({ kind: 'int' as const, value });
  const ints = (...value: number[]) => ({ kind: 'ints' as const, value });
  test.each<[string, OnnxNode['op'], number[], number[], OnnxNode['attributes']]>([
    [
      'a convolution with padding and stride',
      'Conv',
      [2, 3, 7, 6],
      [4, 3, 3, 2],
      { pads: ints(1, 0, 2, 1), strides: ints(2, 1) },
    ],
    ['groups and dilation', 'Conv', [1, 4, 8, 8], [6, 2, 2, 3], { group: int(2), dilations: ints(2, 1) }],
    ['a dense layer', 'Gemm', [5, 6], [3, 6], { transB: int(1) }],
    ['a product of a map', 'MatMul', [2, 3, 4, 6], [6, 5], {}],
  ])('tell what a change of weights does to the outputs of %s', async (_name, op, xShape, wShape, attributes) => {
    const rng = createRng(3);
    const random = (shape: number[]) =>
      floats(shape, [...rng.fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1)))]);
    const [x, weight] = [random(xShape), random(wShape)];
    const node = { op, domain: '', name: 'layer', inputs: ['x', 'w'], outputs: ['y'], attributes };
    const model: OnnxModel = {
      irVersion: 8,
      producer: 'test',
      opsets: { '': 13 },
      graphName: 'layer',
      inputs: [{ name: 'x', type: 'float32', shape: xShape }],
      outputs: [{ name: 'y', type: 'float32', shape: xShape.map((_size, i) => `y${i}`) }],
      valueInfo: [],
      nodes: [node],
      initializers: new Map([['w', weight]]),
      metadata: {},
    };
    const feed = { x: { dtype: 'float32' as const, shape: xShape, data: x.data as Float32Array } };
    const rule = op === 'Conv' ? 'conv' : op === 'Gemm' ? 'gemm' : 'matmul';
    const plan = { rules: new Map([[node, rule]]) } as unknown as Parameters<typeof inputGrams>[1];
    const { key, axis } = weightKey(node, rule);
    // Two feeds add up.
    const gram = (await inputGrams(model, plan, [feed, feed], 1)).get(key) as InputGram;
    const outputs = wShape[axis] ?? 1;
    let predicted = 0;
    for (let c = 0; c < outputs; c++) {
      const begin = Math.floor((c * gram.groups) / outputs) * gram.inputs ** 2;
      for (let i = 0; i < gram.inputs; i++)
        for (let j = 0; j < gram.inputs; j++) {
          const at = (k: number) => Number(weight.data[axis === 0 ? c * gram.inputs + k : k * outputs + c]);
          predicted += at(i) * at(j) * (gram.sums[begin + i * gram.inputs + j] ?? 0);
        }
    }
    const runner = await OnnxRunner.create(model, { threads: 1 });
    const energy = 2 * [...((await runner.run(feed))['y']?.data ?? [])].reduce((sum, y) => sum + y * y, 0);
    await runner.release();
    // Single-precision sums on both sides.
    expect(Math.abs(predicted - energy)).toBeLessThan(1e-5 * energy);
  });
});

describe('a network rounded adaptively', () => {
  test('loses less in every layer, by its weights alone, on the calibration set', async () => {
    const prepared = await prepareStatic(float, feeds, quantizeDefaults({ threads: 1 }));
    const { plan } = planPrepared(prepared, 'u8s8', new Set());
    const grams = await inputGrams(prepared.model, plan, feeds, 1);
    let better = 0;
    for (const [node, rule] of plan.rules) {
      const weight = prepared.model.initializers.get(node.inputs[1] ?? '');
      if (weight === undefined || !['conv', 'gemm', 'matmul'].includes(rule)) continue;
      const { key, axis } = weightKey(node, rule);
      const scales = weightScales(weight, axis);
      /** Energy of what the layer itself adds, computed by ONNX Runtime on its float32 inputs. */
      const noise = async (integers: OnnxTensor): Promise<number> => {
        const initializers = new Map(prepared.model.initializers);
        initializers.set(node.inputs[1] ?? '', floats([...weight.shape], rounding(weight, integers, scales)));
        const alone = { ...node, inputs: node.inputs.slice(0, 2), outputs: ['noise'] };
        const flat = { op: 'ReduceSumSquare', domain: '', name: '', inputs: ['noise'], outputs: ['sum'] };
        const nodes = [...prepared.model.nodes.slice(0, prepared.model.nodes.indexOf(node)), alone];
        const keepdims = { keepdims: { kind: 'int' as const, value: 0 } };
        const runner = await OnnxRunner.create(
          {
            ...prepared.model,
            initializers,
            nodes: [...nodes, { ...flat, attributes: keepdims }],
            outputs: [{ name: 'sum', type: 'float32', shape: [] }],
          },
          { threads: 1 },
        );
        let sum = 0;
        for (const feed of feeds) sum += (await runner.run(feed))['sum']?.data[0] ?? NaN;
        await runner.release();
        return sum;
      };
      const adapted = roundAdaptively(weight, scales, axis, grams.get(key) as InputGram);
      const [before, after] = [await noise(quantizeWeight(weight, scales)), await noise(adapted)];
      expect([key, after <= before * (1 + 1e-5)]).toEqual([key, true]);
      // 3 dB of signal to noise and more.
      if (after < before / 2) better++;
    }
    expect(better).toBeGreaterThanOrEqual(3);
  });

  test.each(QUANTIZATION_SCHEMES)('runs as simulate says, to the bit, and twice the same (%s)', async (scheme) => {
    const options = { scheme, threads: 1, roundWith: feeds };
    const model = await quantizeStatic(float, feeds, options);
    expect(encodeOnnx(await quantizeStatic(float, feeds, options))).toEqual(encodeOnnx(model));
    const runner = await OnnxRunner.create(model, { threads: 1 });
    for (const feed of feeds) expect(simulate(model, feed)).toEqual(await runner.run(feed));
    await runner.release();
    const nearest = await quantizeStatic(float, feeds, { scheme, threads: 1 });
    const changes = [...nearest.initializers].flatMap(([name, { data }]) =>
      Array.from(data, Number).map((q, i) => Math.abs(q - Number(model.initializers.get(name)?.data[i]))),
    );
    expect(new Set(changes)).toEqual(new Set([0, 1]));
  });
});
