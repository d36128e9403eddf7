import * as tf from '@tensorflow/tfjs-core';
import { f32 } from '../traced.test.helper.js';
import { type LoweringCase, lowering } from './case.test.helper.js';

const channel = f32([5]);
const spread = f32([5], 0.5, 2);

export const NORMALISATION_CASES: readonly LoweringCase[] = [
  ...[
    [2, 5],
    [1, 5],
    [2, 3, 5],
    [2, 3, 4, 5],
    [1, 1, 1, 5],
  ].flatMap((shape) => [
    lowering(`batchNorm of (${shape.join()})`, [f32(shape), channel, spread, channel, channel], (x, m, v, o, s) =>
      tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D, o as tf.Tensor1D, s as tf.Tensor1D, 0.01),
    ),
    lowering(`batchNorm of (${shape.join()}) without scale and offset`, [f32(shape), channel, spread], (x, m, v) =>
      tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D),
    ),
  ]),
  lowering('batchNorm with numbers known while tracing', [f32([2, 3, 4, 5])], (x) =>
    tf.batchNorm(x!, tf.zeros([5]), tf.ones([5]), tf.tensor1d([1, 2, 3, 4, 5]), undefined, 0),
  ),
  lowering('batchNorm of one channel', [f32([2, 3, 4, 1]), f32([1]), f32([1], 1, 2)], (x, m, v) =>
    tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D),
  ),
];
