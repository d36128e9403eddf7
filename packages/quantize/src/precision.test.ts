import { describe, expect, test } from '@jest/globals';
import { ndArray, UsageError, type NdArrays } from '@asc/core';
import { OnnxRunner, type OnnxModel, type OnnxNode, type OnnxTensor } from '@asc/onnx';
import { equalise } from './equalise.js';
import { quantizeGoldens } from './quantize-goldens.test.helper.js';
import { explainedQuantization, quantizeStatic } from './quantize-static.js';
import { outputError, rankLayers } from './rank-layers.js';

const { float, feeds } = quantizeGoldens();

describe('equalise', () => {
  test('leaves the function as it was and evens out the weights, through Relu, pooling and a max feature map', async () => {
    const { model, input } = unevenNetwork();
    const equal = equalise(model);
    const [before, after] = [await run(model, input), await run(equal, input)];
    const largest = Math.max(...before.map(Math.abs));
    // Each weight is multiplied and divided in float32.
    before.forEach((value, i) => expect(Math.abs((after[i] ?? 0) - value)).toBeLessThan(1e-5 * largest));
    const spread = (from: OnnxModel): number => {
      const { data } = from.initializers.get(from.nodes[0]?.inputs[1] ?? '') ?? { data: [] };
      const perChannel = Array.from({ length: 8 }, (_, c) =>
        Math.max(
          ...Array.from(data, Number)
            .slice(c * 3, (c + 1) * 3)
            .map(Math.abs),
        ),
      );
      return Math.max(...perChannel) / Math.min(...perChannel);
    };
    expect(spread(model)).toBeGreaterThan(100);
    expect(spread(equal)).toBeLessThan(20);
    expect(model.nodes[0]?.inputs[1]).toBe('w0');
  });

  test('keeps out of layers that mix channels on the way', async () => {
    const nodes = [
      node('Conv', ['x', 'w0', 'b0'], ['c']),
      node('ReduceMax', ['c'], ['m'], { axes: { kind: 'ints', value: [1] } }),
      node('Conv', ['m', 'w1'], ['y']),
    ];
    const model = network(nodes, { w0: tensor([8, 3, 1, 1]), b0: tensor([8]), w1: tensor([8, 1, 1, 1]) });
    expect(await run(equalise(model), image())).toEqual(await run(model, image()));
  });

  test('pays where all channels of a layer share one scale', async () => {
    const { model, input } = unevenNetwork();
    const cost = await outputError(model, [input], { threads: 1 });
    const options = { scheme: 'u8u8', threads: 1 } as const;
    const plain = await cost(await quantizeStatic(model, [input], options));
    const equal = await cost(await quantizeStatic(model, [input], { ...options, equalise: true }));
    expect(equal).toBeLessThan(plain / 4);
  });
});

describe('corrected biases', () => {
  test('take the mean error off the outputs', async () => {
    const options = { scheme: 'u8u8', threads: 1 } as const;
    const meanError = async (model: OnnxModel): Promise<number> => {
      const [wanted, found] = [await runAll(float), await runAll(model)];
      const perClass = Array.from({ length: 5 }, (_, y) => {
        const errors = wanted.flatMap((value, i) => (i % 5 === y ? [(found[i] ?? 0) - value] : []));
        return Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length);
      });
      return Math.max(...perClass);
    };
    const plain = await meanError(await quantizeStatic(float, feeds, options));
    const corrected = await meanError(await quantizeStatic(float, feeds, { ...options, correctBiasWith: feeds }));
    // The bias is rounded to int32, far finer than this; what is left is that of the output layer's own sums.
    expect(corrected).toBeLessThan(plain / 10);
  });
});

describe('mixed precision', () => {
  test('the layers dearest on 8 bits stay float32, and the model gets better', async () => {
    const cost = await outputError(float, feeds, { threads: 1 });
    const ranked = await rankLayers(float, feeds, cost, { threads: 1 });
    expect(ranked.map(({ name }) => name).toSorted()).toEqual(
      ['conv1', 'conv2', 'conv4', 'dense', 'excite', 'gate', 'mean', 'residual', 'scale', 'squeeze'].toSorted(),
    );
    ranked.slice(1).forEach(({ drop }, i) => expect(drop).toBeLessThanOrEqual(ranked[i]?.drop ?? 0));
    const keepFloat = ranked.slice(0, 3).map(({ name }) => name);
    const { model, fates } = await explainedQuantization(float, feeds, { threads: 1, keepFloat });
    expect(await cost(model)).toBeLessThan(await cost(await quantizeStatic(float, feeds, { threads: 1 })));
    for (const { name, fate, why } of fates) {
      if (keepFloat.includes(name))
        expect({ fate, why }).toEqual({ fate: 'float32', why: 'kept in float32 by request' });
    }
  });

  test('says of every node what became of it', async () => {
    const { fates } = await explainedQuantization(float, feeds, { threads: 1 });
    const removed = fates.filter(({ fate }) => fate === 'removed').map(({ name }) => name);
    expect(removed).toEqual(['relu1', 'clip2']);
    expect(fates.filter(({ fate }) => fate === 'float32')).toEqual([]);
    const tanh = {
      ...float,
      nodes: float.nodes.map((node) => (node.op === 'Sigmoid' ? { ...node, op: 'Tanh' } : node)),
    };
    const { fates: others } = await explainedQuantization(tanh, feeds, { threads: 1 });
    expect(others.find(({ name }) => name === 'gate')).toEqual({
      name: 'gate',
      op: 'Tanh',
      fate: 'float32',
      why: 'no 8-bit kernel',
    });
  });

  test('a Softmax in front of an 8-bit layer has the range 0 to 1', async () => {
    const nodes = [
      node('Conv', ['x', 'w0', 'b0'], ['c']),
      node('Softmax', ['c'], ['s'], { axis: { kind: 'int', value: 1 } }),
      node('Conv', ['s', 'w1'], ['y']),
    ];
    const model = network(nodes, { w0: tensor([8, 3, 1, 1]), b0: tensor([8]), w1: tensor([4, 8, 1, 1]) });
    const quantized = await quantizeStatic(model, [image()], { threads: 1 });
    const quantize = quantized.nodes.find(({ op, inputs }) => op === 'QuantizeLinear' && inputs[0] === 's');
    expect(quantized.initializers.get(quantize?.inputs[1] ?? '')?.data[0]).toBe(Math.fround(1 / 255));
  });

  test('refuses layers that are not there', async () => {
    const failed = quantizeStatic(float, feeds, { keepFloat: ['conv9'], threads: 1 });
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(/no node "conv9"/);
    await expect(quantizeStatic(float, feeds, { scheme: 's4s4' as 's8s8' })).rejects.toThrow(/scheme/);
    await expect(quantizeStatic(float, feeds, { method: 'best' as 'mse' })).rejects.toThrow(/method/);
  });
});

async function run(model: OnnxModel, input: NdArrays): Promise<number[]> {
  const runner = await OnnxRunner.create(model, { threads: 1 });
  const results = await runner.run(input);
  await runner.release();
  return Object.values(results).flatMap(({ data }) => Array.from(data, Number));
}

async function runAll(model: OnnxModel): Promise<number[]> {
  const all: number[] = [];
  for (const feed of feeds) all.push(...(await run(model, feed)));
  return all;
}

/** Channels of the first convolution differ by a factor of 1000, which the next ones undo. */
function unevenNetwork(): { model: OnnxModel; input: NdArrays } {
  const gain = (c: number): number => 10 ** (c % 4);
  const first = tensor([8, 3, 1, 1]);
  const bias = tensor([8]);
  const second = tensor([8, 4, 1, 1]);
  const scaled = (from: OnnxTensor, by: (i: number) => number): OnnxTensor => ({
    ...from,
    data: (from.data as Float32Array).map((value, i) => value * by(i)),
  });
  const nodes = [
    node('Conv', ['x', 'w0', 'b0'], ['c0']),
    node('Split', ['c0'], ['l', 'r'], { axis: { kind: 'int', value: 1 } }),
    node('Max', ['l', 'r'], ['m']),
    node('MaxPool', ['m'], ['p'], { kernel_shape: { kind: 'ints', value: [2, 2] } }),
    node('Conv', ['p', 'w1'], ['c1']),
    node('Relu', ['c1'], ['a']),
    node('Conv', ['a', 'w2'], ['y'], { group: { kind: 'int', value: 8 } }),
  ];
  const model = network(nodes, {
    w0: scaled(first, (i) => gain(Math.floor(i / 3))),
    b0: scaled(bias, gain),
    w1: scaled(second, (i) => 1 / gain(i % 4)),
    w2: tensor([8, 1, 1, 1]),
  });
  return { model, input: image() };
}

function image(): NdArrays {
  return { x: ndArray('float32', [2, 3, 8, 8], wave(2 * 3 * 64, 1.3)) };
}

function node(op: string, inputs: string[], outputs: string[], attributes: OnnxNode['attributes'] = {}): OnnxNode {
  return { op, domain: '', name: outputs[0] ?? '', inputs, outputs, attributes };
}

function network(nodes: OnnxNode[], constants: Record<string, OnnxTensor>): OnnxModel {
  return {
    irVersion: 8,
    producer: 'test',
    opsets: { '': 13 },
    graphName: 'network',
    inputs: [{ name: 'x', type: 'float32', shape: ['B', 3, 8, 8] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['B', 'C', 'H', 'W'] }],
    valueInfo: [],
    nodes,
    initializers: new Map(Object.entries(constants)),
    metadata: {},
  };
}

function tensor(shape: number[]): OnnxTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return { type: 'float32', shape, data: wave(size, 0.7 + 0.01 * size) };
}

function wave(size: number, step: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.sin(step * i * i + i + 1));
}
