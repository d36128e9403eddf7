import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DataError, ndArray, UsageError, type NdArrays } from '@asc/core';
import { decodeOnnx, encodeOnnx, type OnnxModel, type OnnxNode, type OnnxTensor } from '@asc/onnx';
import { InferenceSession } from 'onnxruntime-node';
import { quantizeGoldens } from './quantize-goldens.test.helper.js';
import { quantizationReport } from './quantization-report.js';
import { quantizeStatic } from './quantize-static.js';

const { float, feeds, python } = quantizeGoldens();

describe('the quantized graph', () => {
  test('runs on integers from input to logits', async () => {
    const operators = await optimisedOperators(await quantizeStatic(float, feeds, { threads: 1 }));
    expect(operators).toEqual({
      QuantizeLinear: 1,
      QLinearConv: 4,
      MaxPool: 1,
      QLinearGlobalAveragePool: 2,
      QLinearSigmoid: 1,
      QLinearMul: 1,
      QLinearAdd: 1,
      Flatten: 1,
      QGemm: 1,
    });
  });

  test('takes a max feature map on integers', async () => {
    const maps = [
      node('Conv', ['x', 'w', 'b'], ['c'], { pads: { kind: 'ints', value: [1, 1, 1, 1] } }),
      node('Split', ['c'], ['c.0', 'c.1'], { axis: { kind: 'int', value: 1 } }),
      node('Max', ['c.0', 'c.1'], ['m']),
      node('Conv', ['m', 'v', 'd'], ['y']),
    ];
    const model = small(maps, ['B', 3, 8, 8], {
      w: weights([8, 3, 3, 3]),
      b: weights([8]),
      v: weights([2, 4, 1, 1]),
      d: weights([2]),
    });
    const quantized = await quantizeStatic(model, noise([2, 3, 8, 8]), { threads: 1 });
    expect(await optimisedOperators(quantized)).toMatchObject({ QLinearConv: 2, Split: 1, Max: 1, QuantizeLinear: 1 });
    await expectFaithful(model, quantized, noise([2, 3, 8, 8]));
    const signed = await quantizeStatic(model, noise([2, 3, 8, 8]), { threads: 1, scheme: 's8s8' });
    expect(await optimisedOperators(signed)).toMatchObject({ QLinearConv: 2 });
    await expectFaithful(model, signed, noise([2, 3, 8, 8]));
  });

  test('turns batch normalisation and spatial means into what has 8-bit kernels', async () => {
    const statistics = {
      gamma: weights([4]),
      beta: weights([4]),
      mean: weights([4]),
      variance: { ...weights([4]), data: Float32Array.of(0.5, 1, 2, 0.1) },
    };
    const names = Object.keys(statistics);
    const nodes = [
      node('Conv', ['x', 'w'], ['c']),
      node('BatchNormalization', ['c', ...names], ['n']),
      node('Relu', ['n'], ['r']),
      node('BatchNormalization', ['r', ...names], ['o']),
      node('ReduceMean', ['o'], ['y'], { axes: { kind: 'ints', value: [-1, 2] }, keepdims: { kind: 'int', value: 0 } }),
    ];
    const model = small(nodes, ['B', 3, 8, 8], { w: weights([4, 3, 1, 1]), ...statistics }, ['B', 4]);
    const quantized = await quantizeStatic(model, noise([2, 3, 8, 8]), { threads: 1 });
    expect(await optimisedOperators(quantized)).toMatchObject({ QLinearConv: 2, QLinearGlobalAveragePool: 1 });
    await expectFaithful(model, quantized, noise([2, 3, 8, 8]));
  });

  test('leaves the front end and what has no 8-bit kernel in float32', async () => {
    const nodes = [
      { ...node('Conv', ['x', 'basis'], ['s']), name: 'frontend/fourier' },
      { ...node('Abs', ['s'], ['a']), name: 'frontend/magnitude' },
      node('Conv', ['a', 'w'], ['c']),
      node('Tanh', ['c'], ['t']),
      node('Conv', ['t', 'v'], ['y']),
    ];
    const constants = { basis: weights([4, 3, 1, 1]), w: weights([4, 4, 1, 1]), v: weights([2, 4, 1, 1]) };
    const model = small(nodes, ['B', 3, 8, 8], constants);
    const quantized = await quantizeStatic(model, noise([1, 3, 8, 8]), { threads: 1 });
    expect(quantized.initializers.get('basis')).toEqual(constants.basis);
    expect(quantized.nodes[0]).toEqual(nodes[0]);
    expect(await optimisedOperators(quantized)).toMatchObject({ Conv: 1, Abs: 1, Tanh: 1, QLinearConv: 2 });
    await expectFaithful(model, quantized, noise([1, 3, 8, 8]));
  });

  test('keeps a Relu whose input is read twice, and one behind a float operator', async () => {
    const nodes = [
      node('Conv', ['x', 'w'], ['c']),
      node('Relu', ['c'], ['r']),
      node('Add', ['c', 'r'], ['a']),
      node('Tanh', ['a'], ['t']),
      node('Relu', ['t'], ['u']),
      node('Conv', ['u', 'v'], ['y']),
    ];
    const model = small(nodes, ['B', 3, 4, 4], { w: weights([4, 3, 1, 1]), v: weights([2, 4, 1, 1]) });
    const quantized = await quantizeStatic(model, noise([1, 3, 4, 4]), { threads: 1 });
    expect(quantized.nodes.filter(({ op }) => op === 'Relu')).toHaveLength(2);
    await expectFaithful(model, quantized, noise([1, 3, 4, 4]));
  });

  test('stores a weight used twice once, with a bias for each use', async () => {
    const nodes = [
      node('GlobalAveragePool', ['x0'], ['mean']),
      node('ReduceMax', ['x0'], ['max'], { axes: { kind: 'ints', value: [2, 3] } }),
      node('Conv', ['mean', 'w', 'b'], ['p']),
      node('Conv', ['max', 'w', 'b'], ['q']),
      node('Add', ['p', 'q'], ['y']),
    ];
    const all = [node('Conv', ['x', 'k'], ['x0']), ...nodes];
    const model = small(all, ['B', 3, 4, 4], { k: weights([4, 3, 1, 1]), w: weights([2, 4, 1, 1]), b: weights([2]) });
    const quantized = await quantizeStatic(model, noise([2, 3, 4, 4]), { threads: 1 });
    const integers = [...quantized.initializers.values()].filter(
      ({ type, shape }) => type === 'int8' && shape.length === 4,
    );
    expect(integers).toHaveLength(2);
    await expectFaithful(model, quantized, noise([2, 3, 4, 4]));
  });

  test('the report names every value and finds the logits close', async () => {
    const quantized = await quantizeStatic(float, feeds, { threads: 1 });
    const report = await quantizationReport(float, quantized, feeds, { threads: 1 });
    expect(report.map(({ name }) => name)).toEqual([
      'x',
      'relu1',
      'pool1',
      'clip2',
      'squeeze',
      'excite',
      'gate',
      'scale',
      'residual',
      'conv4',
      'mean',
      'flat',
      'logits',
    ]);
    // Uniform noise of 1/255 of the range: about 40 dB for a well used range.
    for (const { sqnrDb } of report) expect(sqnrDb).toBeGreaterThan(25);
    const perfect = await quantizationReport(float, float, feeds, { threads: 1 });
    expect(perfect.every(({ sqnrDb, maxAbsError }) => sqnrDb === Infinity && maxAbsError === 0)).toBe(true);
  });
});

describe('quantizeStatic refuses', () => {
  const quantize = (model: OnnxModel, stream: NdArrays[] = feeds): Promise<OnnxModel> =>
    quantizeStatic(model, stream, { threads: 1 });

  test('an empty calibration stream', async () => {
    await expect(quantize(float, [])).rejects.toThrow(/nothing to calibrate[\s\S]*at least one feed/);
  });

  test.each(['minmax', 'percentile'] as const)('NaN activations, by name (%s)', async (method) => {
    const bad = structuredClone(float);
    bad.initializers.get('b3')?.data.fill(Number.NaN as never, 2, 3);
    const failed = quantizeStatic(bad, feeds, { method, threads: 1 });
    await expect(failed).rejects.toThrow(DataError);
    await expect(failed).rejects.toThrow(/Value c3 of the model is NaN/);
    const silent = { x: ndArray('float32', [2, 3, 16, 12], new Float32Array(2 * 3 * 16 * 12).fill(Number.NaN)) };
    await expect(quantizeStatic(float, [silent], { method, threads: 1 })).rejects.toThrow(/Value x/);
  });

  test('a model quantized before, float16 weights, and opsets it does not know', async () => {
    await expect(quantize(python)).rejects.toThrow(/quantized already/);
    const half: OnnxTensor = { type: 'float16', shape: [1], data: Uint16Array.of(0) };
    await expect(quantize({ ...float, initializers: new Map([['h', half]]) })).rejects.toThrow(/float16 weights/);
    for (const opset of [9, 99]) await expect(quantize({ ...float, opsets: { '': opset } })).rejects.toThrow(/opset/);
  });

  test('a model without weighted layers, and unknown options', async () => {
    await expect(quantize(small([node('Tanh', ['x'], ['y'])], ['B', 3], {}), noise([1, 3]))).rejects.toThrow(
      /nothing to quantize/,
    );
    await expect(quantizeStatic(float, feeds, { scheme: 'a' } as object)).rejects.toThrow(UsageError);
    await expect(quantizeStatic(float, feeds, { percentile: 30 })).rejects.toThrow(/percentile/);
  });

  test('feeds that are not the inputs', async () => {
    await expect(quantize(float, [{ y: ndArray('float32', [1]) }])).rejects.toThrow(/expected x, received y/);
  });
});

/** Counts of the operators ONNX Runtime really runs, layout conversions aside. */
async function optimisedOperators(model: OnnxModel): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'asc-quantize-'));
  const optimizedModelFilePath = join(folder, 'optimised.onnx');
  const session = await InferenceSession.create(encodeOnnx(model), {
    optimizedModelFilePath,
    graphOptimizationLevel: 'extended',
    logSeverityLevel: 4,
  });
  await session.release();
  const optimised = decodeOnnx(await readFile(optimizedModelFilePath));
  await rm(folder, { recursive: true });
  const counts: Record<string, number> = {};
  for (const { op } of optimised.nodes) {
    if (op !== 'Transpose' && op !== 'DequantizeLinear') counts[op] = (counts[op] ?? 0) + 1;
  }
  return counts;
}

/** 8 bits all the way leave at least 25 dB at the outputs of these shallow graphs. */
async function expectFaithful(model: OnnxModel, quantized: OnnxModel, stream: NdArrays[]): Promise<void> {
  const report = await quantizationReport(model, quantized, stream, { threads: 1 });
  expect(report.at(-1)?.name).toBe('y');
  for (const { sqnrDb } of report) expect(sqnrDb).toBeGreaterThan(25);
}

function node(op: string, inputs: string[], outputs: string[], attributes: OnnxNode['attributes'] = {}): OnnxNode {
  return { op, domain: '', name: outputs[0] ?? '', inputs, outputs, attributes };
}

function small(
  nodes: OnnxNode[],
  input: (number | string)[],
  constants: Record<string, OnnxTensor>,
  output: (number | string)[] = input.map((_, i) => `y${i}`),
): OnnxModel {
  return {
    irVersion: 8,
    producer: 'test',
    opsets: { '': 13 },
    graphName: 'small',
    inputs: [{ name: 'x', type: 'float32', shape: input }],
    outputs: [{ name: 'y', type: 'float32', shape: output }],
    valueInfo: [],
    nodes,
    initializers: new Map(Object.entries(constants)),
    metadata: { kept: 'yes' },
  };
}

/** Deterministic numbers in (−1, 1). */
function weights(shape: number[]): OnnxTensor {
  return { type: 'float32', shape, data: wave(shape, 0.7) };
}

function noise(shape: number[]): NdArrays[] {
  return [{ x: ndArray('float32', shape, wave(shape, 1.3)) }];
}

function wave(shape: readonly number[], step: number): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  return Float32Array.from({ length: size }, (_, i) => Math.sin(step * i * i + i));
}
