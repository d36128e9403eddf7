import * as tf from '@tensorflow/tfjs-core';
import { type Numbers, f32, given } from '../traced.test.helper.js';
import { type LoweringCase, lowering } from './case.test.helper.js';

type Op = (...xs: tf.Tensor[]) => tf.Tensor;

/** Σ y·cos(i): no two cells of dy are equal. */
const weighted = (y: tf.Tensor): tf.Tensor => tf.sum(tf.mul(y, tf.cos(tf.reshape(tf.range(0, y.size), y.shape))));

/** The value and the gradients by every input. */
function gradient(title: string, inputs: readonly Numbers[], op: Op, reference?: Op): LoweringCase {
  const both =
    (f: Op) =>
    (...xs: tf.Tensor[]): tf.Tensor[] => {
      const { value, grads } = tf.valueAndGrads((...ys: tf.Tensor[]) => weighted(f(...ys)))(xs);
      return [value, ...grads];
    };
  const more = { rtol: 1e-4, atol: 1e-5 };
  return lowering(title, inputs, both(op), reference === undefined ? more : { ...more, reference: both(reference) });
}

const MAP = [2, 3, 4, 5];

const unary = (title: string, op: (x: tf.Tensor) => tf.Tensor, low = -2, high = 2): LoweringCase[] =>
  [[6], MAP].map((shape) => gradient(`${title} of (${shape.join()})`, [f32(shape, low, high)], (x) => op(x!)));

const PAIRS: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[3], []],
  [[2, 3], [3]],
  [
    [2, 1],
    [1, 3],
  ],
  [MAP, MAP],
  [MAP, [5]],
  [MAP, [3, 1, 1]],
  [MAP, [2, 1, 1, 5]],
  [
    [2, 3, 1, 1],
    [4, 5],
  ],
];

const binary = (title: string, op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, low = -2, high = 2): LoweringCase[] =>
  PAIRS.flatMap(([p, q]) => [
    gradient(`${title} of (${p.join()}) and (${q.join()})`, [f32(p, low, high), f32(q, low, high)], (a, b) =>
      op(a!, b!),
    ),
    gradient(`${title} of (${q.join()}) and (${p.join()})`, [f32(q, low, high), f32(p, low, high)], (a, b) =>
      op(a!, b!),
    ),
  ]);

/** tfjs forgets to add up over repeated axes in the gradients of max and min: repeat them before. */
const repeated = (op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): LoweringCase[] => {
  const wide = (x: tf.Tensor, y: tf.Tensor): tf.Tensor =>
    tf.add(x, tf.zeros(tf.backend_util.assertAndGetBroadcastShape(x.shape, y.shape)));
  return binary(op === tf.maximum ? 'maximum' : 'minimum', op).map((c) => ({
    ...c,
    reference: gradient('', [], (a, b) => op(wide(a!, b!), wide(b!, a!))).fn,
  }));
};

const batchNorm = (x: tf.Tensor, axes: number[], gamma?: tf.Tensor, beta?: tf.Tensor): tf.Tensor => {
  const { mean, variance } = tf.moments(x, axes);
  return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, beta as tf.Tensor1D, gamma as tf.Tensor1D, 1e-3);
};

export const GRADIENT_CASES: readonly LoweringCase[] = [
  ...unary('relu', tf.relu),
  ...unary('relu6', tf.relu6, -2, 9),
  ...unary('elu', tf.elu),
  ...unary('selu', tf.selu),
  ...unary('leakyRelu', (x) => tf.leakyRelu(x, 0.3)),
  ...unary('sigmoid', tf.sigmoid),
  ...unary('tanh', tf.tanh),
  ...unary('softplus', tf.softplus),
  ...unary('exp', tf.exp),
  ...unary('log', tf.log, 0.3, 3),
  ...unary('sqrt', tf.sqrt, 0.3, 3),
  ...unary('rsqrt', tf.rsqrt, 0.3, 3),
  ...unary('square', tf.square),
  ...unary('reciprocal', tf.reciprocal, 0.5, 2),
  ...unary('abs', tf.abs),
  ...unary('neg', tf.neg),
  ...unary('sin', tf.sin),
  ...unary('cos', tf.cos),
  ...unary('erf', tf.erf),
  ...unary('log1p', tf.log1p, -0.5, 2),
  ...unary('expm1', tf.expm1),
  ...unary('clipByValue', (x) => tf.clipByValue(x, -1, 1)),
  ...unary('pow 3', (x) => tf.pow(x, 3), 0.3, 2),
  ...unary('swish', (x) => tf.mul(x, tf.sigmoid(x))),
  ...unary('softmax', (x) => tf.softmax(x)),
  ...unary('logSoftmax', (x) => tf.logSoftmax(x)),
  ...unary('logSumExp', (x) => tf.logSumExp(x, -1)),
  ...unary('sum', (x) => tf.sum(x)),
  ...unary('mean over the last axis', (x) => tf.mean(x, -1)),
  ...unary('max over the last axis', (x) => tf.max(x, -1)),
  ...unary('min over the first axis', (x) => tf.min(x, 0)),
  ...unary('cumsum', (x) => tf.cumsum(x, x.rank - 1)),
  ...unary('reverse', (x) => tf.reverse(x, 0)),
  ...unary('step is flat', (x) => tf.add(tf.step(x), x)),
  ...[[0], [1, 2], [3], [0, 1, 2], [0, 3]].flatMap((axes) =>
    [false, true].map((keep) =>
      gradient(`mean, max, sum, prod-free norm over ${axes.join()}, ${keep ? 'kept' : 'dropped'}`, [f32(MAP)], (x) =>
        tf.addN([tf.mean(x!, axes, keep), tf.max(x!, axes, keep), tf.sum(tf.square(x!), axes, keep)]),
      ),
    ),
  ),
  gradient('max among equals', [given([2, 3], [1, 1, 0, 2, 2, 2])], (x) => tf.max(x!, 1)),
  ...binary('add', tf.add),
  ...binary('sub', tf.sub),
  ...binary('mul', tf.mul),
  ...binary('div', tf.div, 0.5, 2),
  ...binary('pow', tf.pow, 0.5, 2),
  // tfjs has no gradient of a squared difference that repeats an operand.
  gradient('squaredDifference', [f32(MAP), f32(MAP)], (a, b) => tf.squaredDifference(a!, b!)),
  ...repeated(tf.maximum),
  ...repeated(tf.minimum),
  gradient('maximum among equals', [given([3], [1, 2, 3]), given([3], [1, 3, 2])], (a, b) => tf.maximum(a!, b!)),
  gradient('where', [f32(MAP), f32(MAP)], (a, b) =>
    tf.where(tf.greater(tf.cos(tf.reshape(tf.range(0, a!.size), a!.shape)), 0), tf.square(a!), b!),
  ),
  gradient('prelu per channel', [f32(MAP), f32([5])], (x, a) => tf.prelu(x!, a!)),
  ...[
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].map(([ta, tb]) =>
    gradient(
      `matMul ${ta ? 'aᵀ' : 'a'} ${tb ? 'bᵀ' : 'b'}`,
      [f32(ta ? [3, 2] : [2, 3]), f32(tb ? [4, 3] : [3, 4])],
      (a, b) => tf.matMul(a!, b!, ta, tb),
    ),
  ),
  gradient('matMul of stacks', [f32([2, 3, 4]), f32([2, 4, 5])], (a, b) => tf.matMul(a!, b!)),
  gradient('fused matMul with bias and relu', [f32([2, 3]), f32([3, 4]), f32([4])], (a, b, bias) =>
    tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation: 'relu' }),
  ),
  gradient('fused conv2d with bias and relu', [f32([2, 4, 5, 3]), f32([3, 3, 3, 4]), f32([4])], (x, w, bias) =>
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: w as tf.Tensor4D,
      strides: 1,
      pad: 'same',
      bias: bias!,
      activation: 'relu',
    }),
  ),
  gradient('conv2dTranspose', [f32([2, 3, 4, 3]), f32([3, 3, 2, 3])], (x, w) =>
    tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, 6, 8, 2], 2, 'same'),
  ),
  gradient('separableConv2d', [f32([2, 4, 5, 3]), f32([3, 3, 3, 2]), f32([1, 1, 6, 4])], (x, d, p) =>
    tf.separableConv2d(x as tf.Tensor4D, d as tf.Tensor4D, p as tf.Tensor4D, 1, 'same'),
  ),
  gradient('conv1d', [f32([2, 7, 3]), f32([3, 3, 4])], (x, w) =>
    tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 1, 'same'),
  ),
  gradient('batch norm of the batch itself', [f32(MAP), f32([5]), f32([5])], (x, g, b) =>
    batchNorm(x!, [0, 1, 2], g, b),
  ),
  gradient('batch norm of a matrix', [f32([6, 5]), f32([5]), f32([5])], (x, g, b) => batchNorm(x!, [0], g, b)),
  gradient('batch norm without scale', [f32(MAP), f32([5])], (x, b) => batchNorm(x!, [0, 1, 2], tf.ones([5]), b)),
  gradient(
    'batch norm with given statistics',
    [f32(MAP), f32([5]), f32([5], 0.5, 2), f32([5]), f32([5])],
    (x, m, v, o, s) => tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D, o as tf.Tensor1D, s as tf.Tensor1D, 1e-3),
  ),
  ...[0, 1, 3].map((axis) =>
    gradient(`gather over ${axis}`, [f32(MAP)], (x) => tf.gather(x!, tf.tensor1d([1, 0, 1], 'int32'), axis)),
  ),
  gradient('gather from a table', [f32([5, 2])], (x) =>
    tf.gather(
      x!,
      tf.tensor2d(
        [
          [4, 0],
          [4, 1],
        ],
        [2, 2],
        'int32',
      ),
    ),
  ),
  gradient('slice', [f32(MAP)], (x) => tf.slice(x!, [0, 1, 0, 2], [2, 2, 3, 2])),
  ...[1, 3].map((axis) =>
    gradient(`split and multiply over ${axis}`, [f32([2, 4, 3, 6])], (x) => {
      const [a, b] = tf.split(x!, 2, axis) as [tf.Tensor, tf.Tensor];
      return tf.maximum(a, tf.square(b));
    }),
  ),
  gradient('halves by slices', [f32([2, 3, 4, 6])], (x) =>
    tf.maximum(tf.slice(x!, [0, 0, 0, 0], [2, 3, 4, 3]), tf.slice(x!, [0, 0, 0, 3], [2, 3, 4, 3])),
  ),
  gradient('concat', [f32(MAP), f32([2, 3, 4, 2])], (a, b) => tf.concat([a!, tf.square(b!), a!], 3)),
  gradient('stack', [f32([2, 3]), f32([2, 3])], (a, b) => tf.stack([a!, tf.square(b!)], 1)),
  gradient('unstack', [f32([3, 4])], (x) => tf.mul(tf.unstack(x!)[0]!, tf.unstack(x!)[2]!)),
  gradient('pad', [f32(MAP)], (x) =>
    tf.pad(x!, [
      [0, 0],
      [1, 2],
      [0, 1],
      [2, 0],
    ]),
  ),
  ...[
    [2, 1, 1, 1],
    [1, 2, 3, 1],
    [1, 1, 1, 2],
  ].map((reps) => gradient(`tile by ${reps.join()}`, [f32(MAP)], (x) => tf.tile(x!, reps))),
  gradient('broadcastTo', [f32([4, 1])], (x) => tf.broadcastTo(x!, [2, 3, 4, 5])),
  gradient('transpose and reshape', [f32(MAP)], (x) => tf.reshape(tf.transpose(x!, [0, 3, 1, 2]), [10, 12])),
  gradient('expandDims and squeeze', [f32([2, 1, 4])], (x) => tf.squeeze(tf.expandDims(x!, 0))),
  gradient('depthToSpace-free shuffle of channels', [f32([2, 3, 4, 6])], (x) =>
    tf.reshape(tf.transpose(tf.reshape(x!, [2, 3, 4, 2, 3]), [0, 1, 2, 4, 3]), [2, 3, 4, 6]),
  ),
  gradient('a custom gradient', [f32([4])], (x) =>
    tf.customGrad((y, save) => {
      (save as (t: tf.Tensor[]) => void)([y as tf.Tensor]);
      return {
        value: tf.square(y as tf.Tensor),
        gradFunc: (dy, saved) => tf.mul(dy as tf.Tensor, tf.mul(saved[0]!, 3)),
      };
    })(x!),
  ),
  gradient('variables and a gradient of a gradient', [f32([4], 0.5, 2)], (x) =>
    tf.grad((y: tf.Tensor) => tf.sum(tf.pow(y, 3)))(x!),
  ),
];
