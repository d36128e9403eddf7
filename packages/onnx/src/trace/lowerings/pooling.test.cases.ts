import * as tf from '@tensorflow/tfjs-core';
import { f32, given } from '../traced.test.helper.js';
import { type LoweringCase, lowering } from './case.test.helper.js';

type Pad = 'same' | 'valid' | number;
type Pool = (
  x: tf.Tensor,
  size: [number, number],
  strides: [number, number],
  pad: Pad,
  rounding?: 'floor' | 'ceil',
) => tf.Tensor;

const max: Pool = (x, size, strides, pad, rounding) => tf.maxPool(x as tf.Tensor4D, size, strides, pad, rounding);
const average: Pool = (x, size, strides, pad, rounding) => tf.avgPool(x as tf.Tensor4D, size, strides, pad, rounding);

const WINDOWS: readonly (readonly [
  map: [number, number],
  size: [number, number],
  strides: [number, number],
  Pad,
  ('floor' | 'ceil')?,
])[] = [
  [[4, 6], [2, 2], [2, 2], 'valid'],
  [[5, 7], [2, 2], [2, 2], 'valid'],
  [[5, 7], [2, 2], [2, 2], 'same'],
  [[5, 7], [3, 3], [2, 2], 'same'],
  [[5, 7], [3, 3], [2, 2], 'valid'],
  [[5, 7], [3, 3], [1, 1], 'same'],
  [[5, 7], [2, 3], [1, 2], 'valid'],
  [[6, 7], [1, 2], [1, 2], 'valid'],
  [[6, 7], [2, 1], [3, 2], 'valid'],
  [[6, 8], [2, 2], [3, 3], 'same'],
  [[5, 7], [5, 7], [5, 7], 'valid'],
  [[5, 7], [5, 7], [1, 1], 'valid'],
  [[5, 7], [1, 1], [1, 1], 'valid'],
  [[5, 7], [3, 3], [2, 2], 1],
  [[6, 8], [3, 3], [3, 3], 1],
  [[5, 7], [2, 2], [2, 2], 0, 'ceil'],
  [[6, 8], [3, 3], [2, 2], 0, 'ceil'],
  [[6, 8], [3, 3], [2, 2], 1, 'ceil'],
  [[1, 5], [1, 3], [1, 1], 'same'],
  // Axes too long for products with constant matrices.
  [[131, 3], [3, 3], [2, 2], 'same'],
  [[1, 131], [1, 3], [1, 2], 'same'],
  [[1, 131], [1, 3], [1, 1], 'same'],
];

/** Side by side, with ends that fit and ends that do not. */
const TIED_WINDOWS: readonly (readonly [size: [number, number], Pad, ('floor' | 'ceil')?])[] = [
  [[2, 2], 'valid'],
  [[2, 2], 'same'],
  [[2, 2], 0, 'ceil'],
  [[3, 3], 'valid'],
  [[4, 4], 0, 'ceil'],
  [[1, 2], 'valid'],
  [[7, 1], 'valid'],
  [[7, 9], 'valid'],
];

const weighted = (y: tf.Tensor): tf.Tensor => tf.sum(tf.mul(y, tf.cos(tf.reshape(tf.range(0, y.size), y.shape))));

/**
 * The same windows over a map with its padding made: the gradients of tfjs' own pools forget windows that only rounding
 * up makes, and its average divides by the whole window even where part of that is padding.
 */
function unpadded(pool: Pool, isMax: boolean): Pool {
  return (x, size, strides, pad, rounding) => {
    const info = tf.backend_util.computePool2DInfo(
      x.shape as [number, number, number, number],
      size,
      strides,
      1,
      pad,
      rounding,
    );
    const over = (out: number, stride: number, filter: number, length: number, before: number): number =>
      Math.max(0, (out - 1) * stride + filter - length - before);
    const pads: [number, number][] = [
      [0, 0],
      [info.padInfo.top, over(info.outHeight, strides[0], size[0], info.inHeight, info.padInfo.top)],
      [info.padInfo.left, over(info.outWidth, strides[1], size[1], info.inWidth, info.padInfo.left)],
      [0, 0],
    ];
    const padded = pool(tf.pad(x, pads, isMax ? -1e9 : 0), size, strides, 'valid');
    return isMax ? padded : tf.div(padded, pool(tf.pad(tf.onesLike(x), pads), size, strides, 'valid'));
  };
}

const pools = (title: string, pool: Pool): LoweringCase[] =>
  WINDOWS.flatMap(([map, size, strides, pad, rounding]) => {
    const name = `${title} of ${map.join('×')} by ${size.join('×')}, stride ${strides.join('×')}, padding ${pad}${rounding === undefined ? '' : `, ${rounding}`}`;
    const x = [f32([2, ...map, 3])];
    const apply = (use: Pool) => (a?: tf.Tensor) => use(a!, size, strides, pad, rounding);
    const both = (use: Pool) => (a?: tf.Tensor) => {
      const { value, grad } = tf.valueAndGrad((b: tf.Tensor) => weighted(apply(use)(b)))(a!);
      return [value, grad];
    };
    const gradient = (use: Pool) => (a?: tf.Tensor) => tf.grad((b: tf.Tensor) => weighted(apply(use)(b)))(a!);
    const explicit = unpadded(pool, pool === max);
    return [
      lowering(name, x, apply(pool)),
      lowering(`gradient of ${name}`, x, gradient(pool), { reference: gradient(explicit) }),
      lowering(`${name}, result and gradient`, x, both(pool), { reference: both(explicit) }),
    ];
  });

export const POOLING_CASES: readonly LoweringCase[] = [
  ...pools('maxPool', max),
  ...pools('avgPool', average),
  lowering('the first of equals gets the gradient', [given([1, 2, 4, 1], [1, 1, 0, 0, 1, 1, 0, 0])], (a) => [
    tf.grad((b) => weighted(max(b, [2, 2], [2, 2], 'valid')))(a!),
    tf.grad((b) => weighted(max(b, [2, 2], [1, 1], 'valid')))(a!),
  ]),
  ...TIED_WINDOWS.map(([size, pad, rounding]) =>
    lowering(
      `of many equals the first gets the gradient of windows of ${size.join('×')}, padding ${pad}, ${rounding ?? 'floor'}`,
      [
        given(
          [2, 7, 9, 3],
          Array.from({ length: 378 }, (_, i) => ((i * 37) % 101) % 3),
        ),
      ],
      (a) => tf.grad((b) => weighted(max(b, size, size, pad, rounding)))(a!),
      { reference: (a) => tf.grad((b) => weighted(unpadded(max, true)(b, size, size, pad, rounding)))(a!) },
    ),
  ),
  lowering('pools of three dimensions', [f32([4, 6, 2])], (x) => [
    tf.maxPool(x as tf.Tensor3D, 2, 2, 'valid'),
    tf.avgPool(x as tf.Tensor3D, 2, 2, 'valid'),
  ]),
  lowering('pools of one channel', [f32([2, 4, 6, 1])], (x) => [
    tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'),
    tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'),
  ]),
];
