import '@tensorflow/tfjs-backend-cpu';
import { createRng, ndArray, sizeOf, type NdArray } from '@asc/core';
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { exportOnnx } from '../export/export-onnx.js';
import type { OnnxAttribute, OnnxModel, OnnxTensor } from '../model/onnx-model.js';
import { setWeights } from '../networks.test.helper.js';
import { OnnxRunner } from '../model/onnx-runner.js';
import { graphFunction } from './graph-function.js';
import { learntConstants } from './learnt-constants.js';

const noise = (shape: readonly number[], seed: string): NdArray =>
  ndArray('float32', shape, createRng(seed).fillNormal(new Float32Array(sizeOf(shape))));
const weights = (shape: number[], seed = 'w'): OnnxTensor => ({
  type: 'float32',
  shape,
  data: noise(shape, seed).data as Float32Array,
});
const whole = (...values: number[]): OnnxTensor => ({
  type: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const int = (value: number): OnnxAttribute => ({ kind: 'int', value });
const ints = (...value: number[]): OnnxAttribute => ({ kind: 'ints', value });

/** One node `op` of x, of `shape`, and constants. */
function graphOf(
  op: string,
  shape: readonly number[],
  constants: readonly (OnnxTensor | undefined)[] = [],
  attributes: Record<string, OnnxAttribute> = {},
  outputs = 1,
): OnnxModel {
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const inputs = ['x', ...constants.map((constant, i) => (constant === undefined ? '' : `c${i}`))];
  return {
    irVersion: 9,
    producer: 'test',
    opsets: { '': 20 },
    graphName: 'one',
    inputs: [{ name: 'x', type: 'float32', shape: [...shape] }],
    outputs: names.map((name) => ({ name, type: 'float32', shape: [] })),
    valueInfo: [],
    nodes: [{ op, domain: '', name: op, inputs, outputs: names, attributes }],
    initializers: new Map(constants.flatMap((constant, i) => (constant === undefined ? [] : [[`c${i}`, constant]]))),
    metadata: {},
  };
}

const map = [2, 4, 7, 9];
const CASES: [string, OnnxModel][] = [
  [
    'Conv, stride, uneven padding, bias',
    graphOf('Conv', map, [weights([6, 4, 3, 2]), weights([6])], { strides: ints(2, 1), pads: ints(1, 0, 2, 1) }),
  ],
  ['Conv in groups', graphOf('Conv', map, [weights([6, 2, 3, 3])], { group: int(2) })],
  [
    'Conv of each channel, with gaps',
    graphOf('Conv', map, [weights([8, 1, 3, 2])], { group: int(4), dilations: ints(2, 3) }),
  ],
  ['Conv with gaps', graphOf('Conv', map, [weights([5, 4, 3, 2])], { dilations: ints(1, 2), pads: ints(0, 1, 0, 1) })],
  [
    'MaxPool, overlapping, padded',
    graphOf('MaxPool', map, [], { kernel_shape: ints(3, 2), strides: ints(2, 1), pads: ints(1, 0, 0, 1) }),
  ],
  [
    'AveragePool',
    graphOf('AveragePool', map, [], { kernel_shape: ints(2, 3), strides: ints(2, 2), pads: ints(1, 1, 0, 1) }),
  ],
  ['GlobalMaxPool', graphOf('GlobalMaxPool', map)],
  [
    'Gemm',
    graphOf('Gemm', [3, 5], [weights([4, 5]), weights([4])], { transB: int(1), alpha: { kind: 'float', value: 0.5 } }),
  ],
  ['MatMul of many rows', graphOf('MatMul', [2, 3, 5], [weights([5, 4])])],
  [
    'BatchNormalization',
    graphOf('BatchNormalization', map, [
      weights([4]),
      weights([4], 'b'),
      weights([4], 'm'),
      { ...weights([4]), data: Float32Array.of(1, 2, 3, 4) },
    ]),
  ],
  ['ReduceMean, axes dropped', graphOf('ReduceMean', map, [whole(-1, 1)], { keepdims: int(0) })],
  ['ReduceMin of all', graphOf('ReduceMin', map)],
  ['Softmax over channels', graphOf('Softmax', map, [], { axis: int(1) })],
  [
    'Clip at the top only',
    graphOf('Clip', map, [undefined, { type: 'float32', shape: [], data: Float32Array.of(0.5) }]),
  ],
  ['HardSigmoid', graphOf('HardSigmoid', map, [], { alpha: { kind: 'float', value: 0.3 } })],
  ['Reshape with 0 and -1', graphOf('Reshape', map, [whole(0, -1, 3)])],
  ['Split into parts of two sizes', graphOf('Split', map, [whole(3, 1)], { axis: int(1) }, 2)],
  ['Slice from the end', graphOf('Slice', map, [whole(-3, 1), whole(1000, -1), whole(3, 2)])],
  ['Slice in steps', graphOf('Slice', map, [whole(1, 0), whole(1000, 3), whole(2, -1), whole(2, 3)])],
  [
    'Pad',
    graphOf('Pad', map, [whole(0, 1, 0, 2, 0, 0, 3, 0), { type: 'float32', shape: [], data: Float32Array.of(7) }]),
  ],
  ['Gather', graphOf('Gather', map, [whole(3, 0, 3)], { axis: int(2) })],
  ['Expand', graphOf('Expand', [4, 1, 3], [whole(2, 1, 5, 3)])],
  ['Tile', graphOf('Tile', [2, 3], [whole(2, 3)])],
  ['Squeeze', graphOf('Squeeze', [2, 1, 3, 1], [whole(-1)])],
  ['Unsqueeze', graphOf('Unsqueeze', [2, 3], [whole(0, -1)])],
  ['Transpose', graphOf('Transpose', map, [], { perm: ints(0, 3, 1, 2) })],
  ['Flatten', graphOf('Flatten', map, [], { axis: int(2) })],
];

test.each(CASES)('%s gives what ONNX Runtime gives', async (_, model) => {
  const x = noise(model.inputs[0]!.shape as number[], 'x');
  const runner = await OnnxRunner.create(model, { threads: 1 });
  const expected = await runner.run({ x });
  await runner.release();
  tf.tidy(() => {
    const outputs = graphFunction(model)({ x: tf.tensor(x.data, [...x.shape]) });
    for (const [name, { data, shape }] of Object.entries(expected)) {
      expect(outputs[name]!.shape).toEqual([...shape]);
      const largest = Math.max(1, ...Array.from(data, Math.abs));
      // Both compute in float32 and add in different orders.
      outputs[name]!.dataSync().forEach((value, i) => expect(Math.abs(value - data[i]!)).toBeLessThan(1e-5 * largest));
    }
  });
});

test('the gradients of an exported network are those of the network it came from', () => {
  const net = sequential({
    layers: [
      layers.conv2d({ inputShape: [6, 5, 2], filters: 4, kernelSize: 3, activation: 'relu', padding: 'same' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 3 }),
    ],
  });
  setWeights(net);
  const model = exportOnnx(net);
  const learnt = learntConstants(model);
  expect([...learnt.values()].map(({ shape }) => shape.length).sort()).toEqual([1, 1, 3, 4]);
  const [dx, again, dw, dwAgain] = tf.tidy(() => {
    const x = tf.tensor(noise([2, 6, 5, 2], 'x').data, [2, 6, 5, 2]);
    const loss = (y: tf.Tensor): tf.Scalar => tf.sum(tf.square(y));
    const kernel = net.layers[0]!.weights[0]!.read() as tf.Variable;
    const [name, tensor] = [...learnt].find(([, { shape }]) => shape.length === 4)!;
    const run = (input: tf.Tensor, weight: tf.Tensor): tf.Tensor =>
      Object.values(graphFunction(model)({ [net.inputNames[0]!]: input }, { [name]: weight }))[0]!;
    const byGraph = tf.grads((input: tf.Tensor, weight: tf.Tensor) => loss(run(input, weight)));
    const [ofInput, ofWeight] = byGraph([x, tf.tensor(tensor.data as Float32Array, tensor.shape)]);
    const ofKernel = tf.variableGrads(() => loss(net.apply(x) as tf.Tensor), [kernel]).grads[kernel.name]!;
    return [
      tf.grad((input: tf.Tensor) => loss(net.apply(input) as tf.Tensor))(x),
      ofInput!,
      ofKernel,
      tf.transpose(ofWeight!, [2, 3, 1, 0]),
    ].map((tensor) => tensor.dataSync()) as [Float32Array, Float32Array, Float32Array, Float32Array];
  });
  dx.forEach((value, i) => expect(again[i]).toBeCloseTo(value, 4));
  dw.forEach((value, i) => expect(dwAgain[i]).toBeCloseTo(value, 4));
  expect(Math.max(...dx)).toBeGreaterThan(0.01);
});

test('an operator nobody knows is refused by name, unless nothing needs it', () => {
  const model = graphOf('Einsum', [2]);
  expect(() => graphFunction(model)).toThrow(/Einsum cannot be run in tfjs/);
  expect(graphFunction(model, { outputs: ['x'] })).toBeInstanceOf(Function);
  expect(() => graphFunction({ ...model, nodes: [{ ...model.nodes[0]!, domain: 'asc' }] })).toThrow(/asc\.Einsum/);
});

test('a convolution that takes means learns nothing', () => {
  const means = { type: 'float32' as const, shape: [4, 1, 7, 9], data: new Float32Array(252).fill(1 / 63) };
  expect(learntConstants(graphOf('Conv', map, [means], { group: int(4) })).size).toBe(0);
  means.data[5] = 0;
  expect([...learntConstants(graphOf('Conv', map, [means], { group: int(4) })).keys()]).toEqual(['c0']);
});
