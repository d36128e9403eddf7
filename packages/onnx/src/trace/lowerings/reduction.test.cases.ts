import * as tf from '@tensorflow/tfjs-core';
import { f32, flags, given, i32 } from '../traced.test.helper.js';
import { type LoweringCase, lowering } from './case.test.helper.js';

type Axes = number | number[] | undefined;
type Reduce = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const AXES: readonly (readonly [readonly number[], Axes])[] = [
  [[], undefined],
  [[3], undefined],
  [[3], 0],
  [[3], -1],
  [[2, 3], 1],
  [[2, 3], [-2]],
  [
    [2, 1, 3],
    [0, 2],
  ],
  [[2, 3, 4, 5], undefined],
  [[2, 3, 4, 5], 3],
  [
    [2, 3, 4, 5],
    [1, 2],
  ],
  [
    [2, 3, 4, 5],
    [0, 1, 2],
  ],
  [
    [2, 3, 4, 5],
    [-2, 1],
  ],
  [
    [2, 3, 4, 5],
    [0, -1],
  ],
  [[2, 3, 1, 1], [2]],
  [
    [1, 1, 4, 5],
    [0, 3],
  ],
];

const reductions = (title: string, op: Reduce): LoweringCase[] =>
  AXES.flatMap(([shape, axis]) =>
    [false, true].map((keepDims) =>
      lowering(
        `${title} of (${shape.join()}) over ${String(axis)}${keepDims ? ', dims kept' : ''}`,
        [f32(shape)],
        (x) => op(x!, axis, keepDims),
      ),
    ),
  );

const few = (title: string, op: Reduce, numbers = f32): LoweringCase[] =>
  ([AXES[0]!, AXES[4]!, AXES[9]!, AXES[12]!] as const).flatMap(([shape, axis]) =>
    [false, true].map((keepDims) =>
      lowering(
        `${title} of (${shape.join()}) over ${String(axis)}${keepDims ? ', dims kept' : ''}`,
        [numbers(shape)],
        (x) => op(x!, axis, keepDims),
      ),
    ),
  );

const alongAxes = (title: string, op: (x: tf.Tensor, axis: number) => tf.Tensor): LoweringCase[] =>
  (
    [
      [[4], 0],
      [[2, 3], -1],
      [[2, 3], 0],
      [[2, 3, 4], 1],
      [[2, 3, 4, 5], 0],
      [[2, 3, 4, 5], 1],
      [[2, 3, 4, 5], -2],
      [[2, 3, 4, 5], 3],
      [[2, 1, 4, 1], 1],
    ] as const
  ).map(([shape, axis]) => lowering(`${title} of (${shape.join()}) over ${axis}`, [f32(shape)], (x) => op(x!, axis)));

export const REDUCTION_CASES: readonly LoweringCase[] = [
  ...reductions('sum', tf.sum),
  ...reductions('mean', tf.mean),
  ...reductions('max', tf.max),
  ...few('min', tf.min),
  ...few('prod', tf.prod),
  ...few('all', tf.all as Reduce, flags),
  ...few('any', tf.any as Reduce, flags),
  ...few('sum of int32', tf.sum, i32),
  ...few('mean of int32', tf.mean, i32),
  ...few('max of int32', tf.max, i32),
  ...few('sum of bool', tf.sum, flags),
  lowering('prod and min of int32', [i32([2, 3])], (x) => [tf.prod(x!, 0), tf.min(x!, 1)]),
  lowering('sum over no axes', [f32([2, 3])], (x) => tf.sum(x!, [])),
  lowering('sum of a repeated vector', [f32([3])], (x) => tf.sum(tf.broadcastTo(x!, [4, 3]), 0)),
  lowering('sum of a number repeated', [f32([1])], (x) => [
    x!,
    tf.sum(tf.ones([4, 3]), 0),
    tf.mean(tf.fill([4, 3], 2)),
  ]),
  // tfjs adds in float64; the first three miss this where ONNX Runtime adds number after number in float32.
  ...([[2, 3], [1, 2], [0, 1, 2], [3]] as const).map((axes) =>
    lowering(
      `sum and mean of many over ${axes.join()}`,
      [f32([2, 24, 100, 100], 0.5, 1.5)],
      (x) => [tf.sum(x!, [...axes]), tf.mean(x!, [...axes])],
      { rtol: 7e-7, atol: 0 },
    ),
  ),
  lowering('moments', [f32([2, 3, 4, 5])], (x) => Object.values(tf.moments(x!, [0, 1, 2])) as tf.Tensor[]),
  lowering('logSumExp', [f32([2, 3])], (x) => tf.logSumExp(x!, 1)),
  ...alongAxes('argMax', (x, axis) => tf.argMax(x, axis)),
  ...alongAxes('argMin', (x, axis) => tf.argMin(x, axis)),
  lowering('argMax takes the first of equals', [given([2, 4], [1, 3, 3, 0, 2, 2, 2, 2])], (x) => [
    tf.argMax(x!, 1),
    tf.argMin(x!, 1),
  ]),
  // tfjs itself fails for negative axes here.
  ...alongAxes('cumsum', (x, axis) => tf.cumsum(x, axis < 0 ? axis + x.rank : axis)),
  lowering('cumsum from behind, without itself', [f32([2, 3])], (x) => [
    tf.cumsum(x!, 1, true),
    tf.cumsum(x!, 1, false, true),
    tf.cumsum(x!, 0, true, true),
  ]),
  lowering('cumsum of int32', [i32([5])], (x) => tf.cumsum(x!)),
  // tfjs has softmax over the last axis only.
  ...[[4], [2, 3], [2, 3, 4], [2, 3, 4, 5], [2, 3, 4, 1]].flatMap((shape) => [
    lowering(`softmax of (${shape.join()})`, [f32(shape, -5, 5)], (x) => tf.softmax(x!)),
    lowering(`logSoftmax of (${shape.join()})`, [f32(shape, -5, 5)], (x) => tf.logSoftmax(x!)),
  ]),
  lowering(
    'the kernel LogSoftmax',
    [f32([2, 3])],
    (x) => tf.engine().runKernel('LogSoftmax', { logits: x! }, { axis: -1 }),
    {
      reference: (x) => tf.logSoftmax(x!),
    },
  ),
  lowering('softmax of large numbers', [given([2, 2], [1e4, -1e4, 88, 89])], (x) => [
    tf.softmax(x!),
    tf.logSoftmax(x!),
  ]),
];
