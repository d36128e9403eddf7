import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DataError, ndArray, UsageError, type NdArrays } from '@asc/core';
import { decodeOnnx, encodeOnnx, OnnxRunner, type OnnxModel, type OnnxNode, type OnnxTensor } from '@asc/onnx';
import { InferenceSession } from 'onnxruntime-node';
import { calibrate } from './calibrate.js';
import { quantizationReport } from './quantization-report.js';
import { quantizeStatic } from './quantize-static.js';

interface Golden {
  shape: number[];
  feeds: number;
  percentile: number;
  percentileRanges: Record<string, [number, number]>;
  logits: { float: number[][]; int8: number[][] };
}

const GOLDEN = new URL('../../../golden/quantize/', import.meta.url);
const golden = JSON.parse(readFileSync(new URL('golden.json', GOLDEN), 'utf8')) as Golden;
const float = decodeOnnx(readFileSync(new URL('float.onnx', GOLDEN)));
const python = decodeOnnx(readFileSync(new URL('python-int8.onnx', GOLDEN)));
const feeds = readFeeds();

describe('quantizeStatic against quantize_static of onnxruntime 1.30', () => {
  test('has its scales, zero points, integer weights and biases', async () => {
    const ours = await quantizeStatic(float, feeds, { activation: 'int8', threads: 1 });
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
    const ours = await quantizeStatic(float, feeds, { activation: 'int8', threads: 1 });
    const logits = await runAll(ours);
    // Python rounds the logits to 8 bits: half a step of its output scale, plus one integer step inside.
    const step = constantsOfDequantize(python).get('logits')?.scale[0] ?? 0;
    golden.logits.int8
      .flat()
      .forEach((value, i) => expect(Math.abs((logits[i] ?? 0) - value)).toBeLessThan(1.5 * step));
  });

  test('uint8 activations are the same numbers, 128 higher', async () => {
    const int8 = await quantizeStatic(float, feeds, { activation: 'int8', threads: 1 });
    const uint8 = await quantizeStatic(float, feeds, { activation: 'uint8', threads: 1 });
    const signed = constantsOfDequantize(int8);
    for (const [name, { scale, zero }] of constantsOfDequantize(uint8)) {
      expect(scale).toEqual(signed.get(name)?.scale);
      const shift = name === 'x' || float.nodes.some(({ outputs }) => outputs.includes(name)) ? 128 : 0;
      expect(zero).toEqual(signed.get(name)?.zero.map((value) => value + shift));
    }
    expect(await runAll(uint8)).toEqual(await runAll(int8));
  });

  test('percentile ranges agree to a bin', async () => {
    const { percentile, percentileRanges } = golden;
    const ranges = await calibrate(float, feeds, { method: 'percentile', percentile, threads: 1 });
    for (const [name, [low, high]] of Object.entries(percentileRanges)) {
      // Its bins are float32, ours float64: a value at an edge may fall on the other side. 2048 bins over the first feed's range.
      const range = ranges.get(name);
      const bin = (2 * Math.max(Math.abs(low), Math.abs(high)) * 1.5) / 2048;
      expect(Math.abs((range?.min ?? Infinity) - low)).toBeLessThanOrEqual(bin);
      expect(Math.abs((range?.max ?? Infinity) - high)).toBeLessThanOrEqual(bin);
    }
  });
});

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
    const signed = await quantizeStatic(model, noise([2, 3, 8, 8]), { threads: 1, activation: 'int8' });
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
    const silent = { x: ndArray('float32', golden.shape, new Float32Array(2 * 3 * 16 * 12).fill(Number.NaN)) };
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

function readFeeds(): NdArrays[] {
  const bytes = readFileSync(new URL('feeds.bin', GOLDEN));
  const all = new Float32Array(Uint8Array.from(bytes).buffer);
  const size = all.length / golden.feeds;
  return Array.from({ length: golden.feeds }, (_, i) => ({
    x: ndArray('float32', golden.shape, all.slice(i * size, (i + 1) * size)),
  }));
}

interface DequantizeConstants {
  scale: number[];
  zero: number[];
  integers: number[] | undefined;
}

/** Scale, zero point and, for weights, integers of each quantized value, by its name in the float model. */
function constantsOfDequantize(model: OnnxModel): Map<string, DequantizeConstants> {
  const producers = new Map(model.nodes.flatMap((n) => n.outputs.map((output) => [output, n] as const)));
  const numbers = (name = ''): number[] | undefined => {
    const data = model.initializers.get(name)?.data;
    return data === undefined ? undefined : Array.from(data, Number);
  };
  const found = new Map<string, DequantizeConstants>();
  for (const n of model.nodes) {
    if (n.op !== 'DequantizeLinear') continue;
    const name = (producers.get(n.inputs[0] ?? '')?.inputs[0] ?? usedAs(model, n)).replace(
      /_QuantizeLinear_Input$/,
      '',
    );
    found.set(name, {
      scale: numbers(n.inputs[1]) ?? [],
      zero: numbers(n.inputs[2]) ?? [],
      integers: numbers(n.inputs[0]),
    });
  }
  return found;
}

/** Constants have other names in the two models: use the node that reads them. */
function usedAs(model: OnnxModel, dequantize: OnnxNode): string {
  const user = model.nodes.find(({ inputs }) => inputs.includes(dequantize.outputs[0] ?? ''));
  return `${dequantize.outputs[0] === user?.inputs[1] ? 'weight' : 'bias'} of ${user?.name}`;
}

async function runAll(model: OnnxModel): Promise<number[]> {
  const runner = await OnnxRunner.create(model, { threads: 1 });
  const logits: number[] = [];
  for (const feed of feeds) logits.push(...((await runner.run(feed))['logits']?.data ?? []));
  await runner.release();
  return logits;
}

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
