import '@tensorflow/tfjs-backend-cpu';
import { createRng, labelSpace, ndArray } from '@asc/core';
import { compileStep, type OnnxModel } from '@asc/onnx';
import { expect, test } from '@jest/globals';
import { sgd } from '../sgd.js';
import { classification } from '../classification.js';
import { namedWeights } from '../named-weights.js';
import { trainingStep } from '../training-step.js';
import { graphModel } from './graph-model.js';

const node = (op: string, inputs: string[], output: string, attributes = {}, domain = '') => ({
  op,
  domain,
  name: op,
  inputs,
  outputs: [output],
  attributes,
});
const text = (value: string) => ({ kind: 'string', value }) as const;
const float = (data: number[], shape: number[]) => ({ type: 'float32' as const, shape, data: Float32Array.from(data) });

/** x (B, 1, 2, 1) → two logits: a rectified 1×1 convolution on a grid, rounded weights, a dense layer behind it. */
function tinyGraph(): OnnxModel {
  const rounds = { type: text('uint8'), ranges: { kind: 'ints', value: [0] } } as const;
  const weight = { type: text('int8'), axis: { kind: 'int', value: 0 } } as const;
  return {
    irVersion: 9,
    producer: 'test',
    opsets: { '': 20, asc: 1 },
    graphName: 'tiny',
    inputs: [{ name: 'x', type: 'float32', shape: ['B', 1, 2, 1] }],
    outputs: [{ name: 'probabilities', type: 'float32', shape: ['B', 2] }],
    valueInfo: [],
    nodes: [
      node('FakeQuantizeWeight', ['w'], 'w8', weight, 'asc'),
      node('Conv', ['x', 'w8'], 'c'),
      node(
        'FakeQuantize',
        ['c'],
        'q',
        { ...rounds, own: { kind: 'int', value: 0 }, low: { kind: 'float', value: 0 } },
        'asc',
      ),
      node('Flatten', ['q'], 'f'),
      node('Gemm', ['f', 'm', 'b'], 'logits'),
      node('Softmax', ['logits'], 'probabilities'),
    ],
    initializers: new Map([
      ['w', float([1], [1, 1, 1, 1])],
      ['m', float([1, -1, -1, 1], [2, 2])],
      ['b', float([0, 0], [2])],
    ]),
    metadata: {},
  };
}

const labels = labelSpace(['left', 'right']);
const scalar = (value: number) => ndArray('float32', [], Float32Array.of(value));
const batch = {
  x: ndArray('float32', [2, 1, 2, 1], Float32Array.of(-5, 3, 1, 7)),
  scene: ndArray('float32', [2, 2], Float32Array.of(1, 0, 0, 1)),
};

test.each(['eager', 'cpu'] as const)(
  'ranges follow the batches where told to, and stand still where not (%s)',
  async (engine) => {
    const { net } = graphModel(tinyGraph(), [{ min: 0, max: 4 }]);
    const optimiser = sgd({ momentum: 0, nesterov: false, weightDecay: 0 });
    const scalars = Object.fromEntries(
      Object.entries(optimiser.scalars(0, 0.1)).map(([name, value]) => [`optimiser/${name}`, scalar(value)]),
    );
    const task = classification();
    const source = trainingStep({ model: net, task, labels, optimiser, watches: true });
    const step = await compileStep(source.run, {
      inputs: source.inputs([2, 1, 2, 1]),
      state: source.state,
      engine,
      threads: 1,
    });
    const { x, scene } = batch;
    const before = step.readState();
    const { logits } = await step.run({ x, scene, ...scalars, observing: scalar(0) }, createRng(1));
    // 7 and −5 lie outside 0 … 4.
    const q = (value: number) => Math.round(Math.min(Math.max(value, 0), 4) / (4 / 255)) * (4 / 255);
    expect(logits!.data[0]).toBeCloseTo(q(-5) - q(3), 5);
    expect(logits!.data[2]).toBeCloseTo(q(1) - q(7), 5);
    const still = step.readState();
    expect(still['graph/range_minimum']).toEqual(before['graph/range_minimum']);
    expect(still['graph/range_maximum']).toEqual(before['graph/range_maximum']);
    // Of the four values of x only 3 and 1 fell inside the range: they alone move the weight of the convolution.
    const [left, right] = [softmaxOf(q(-5) - q(3)), softmaxOf(q(1) - q(7))];
    // Means over the batch of (p − label)·x, through m: the second value of the first clip, the first of the second.
    const slope = ((left - 1) * -2 * 3 + right * 2 * 1) / 2;
    expect(still['graph/w']!.data[0]).toBeCloseTo(1 - 0.1 * slope, 5);
    const weight = still['graph/w']!.data[0]!;
    await step.run({ x, scene, ...scalars, observing: scalar(1) }, createRng(1));
    const moved = step.readState();
    // A hundredth of the way to the largest value; what the network rectifies is not watched.
    expect(moved['graph/range_minimum']!.data[0]).toBe(0);
    expect(moved['graph/range_maximum']!.data[0]).toBeCloseTo(4 + 0.01 * (7 * weight - 4), 5);
    await step.release();
  },
);

/** Probability of the left class where the logits are `difference` and −`difference`. */
function softmaxOf(difference: number): number {
  return 1 / (1 + Math.exp(-2 * difference));
}

test('a graph that ends in a softmax gives what goes into it, and only what is learnt is a weight', () => {
  const { net, layer } = graphModel(tinyGraph(), [{ min: 0, max: 4 }]);
  expect(net.outputs[0]!.shape).toEqual([null, 2]);
  const trained = namedWeights(net).filter(({ trainable }) => trainable);
  expect(trained.map(({ name }) => name)).toEqual(['graph/b', 'graph/m', 'graph/w']);
  expect([...layer.constants()].map(([name, { data }]) => [name, ...Array.from(data as Float32Array)])).toEqual([
    ['w', 1],
    ['m', 1, -1, -1, 1],
    ['b', 0, 0],
  ]);
  expect(layer.ranges()).toEqual([{ min: 0, max: 4 }]);
});
