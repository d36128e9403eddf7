import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { sizeOf } from '@asc/core';
import type { OnnxModel } from '../../model/onnx-model.js';
import { trace } from '../trace.js';
import {
  expectSame,
  f32,
  makeArray,
  runEager,
  runTraced,
  throughConv as laid,
  useCpuBackend,
} from '../traced.test.helper.js';
import { DOT_PRODUCTS } from './dot-products.js';
import { DEFAULT_LOWERINGS } from './index.js';

type Pair = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor[];

const lowerings = { ...DEFAULT_LOWERINGS, ...DOT_PRODUCTS };

interface Case {
  readonly title: string;
  readonly shape: readonly number[];
  readonly fn: Pair;
  /** Sums that are made without their products. */
  readonly dots: number;
  /** Products of all numbers in the graph, where they are not one without dots, none with. */
  readonly products?: number;
}

const MAP = [3, 9, 11, 5];
const CASES: readonly Case[] = [
  { title: 'over all but channels', shape: MAP, fn: (a, b) => [tf.sum(tf.mul(laid(a), laid(b)), [0, 1, 2])], dots: 1 },
  { title: 'a variance', shape: MAP, fn: (a) => [tf.mean(tf.squaredDifference(laid(a), 0.3), [0, 1, 2])], dots: 1 },
  { title: 'over the map', shape: MAP, fn: (a, b) => [tf.sum(tf.mul(laid(a), laid(b)), [1, 2], true)], dots: 1 },
  { title: 'a mean over the map', shape: MAP, fn: (a, b) => [tf.mean(tf.mul(laid(a), laid(b)), [1, 2])], dots: 1 },
  { title: 'over everything', shape: MAP, fn: (a, b) => [tf.sum(tf.mul(laid(a), laid(b)))], dots: 1 },
  { title: 'over the last axis', shape: [4, 70], fn: (a, b) => [tf.sum(tf.mul(a, b), -1)], dots: 1 },
  {
    title: 'over one long axis alone',
    shape: [3, 2, 70, 5],
    fn: (a, b) => [tf.sum(tf.mul(laid(a), laid(b)), 2)],
    dots: 1,
  },
  { title: 'not over channels that lie last', shape: MAP, fn: (a, b) => [tf.sum(tf.mul(a, b), [0, 1, 2])], dots: 0 },
  {
    title: 'not over short rows',
    shape: [3, 7, 9, 5],
    fn: (a, b) => [tf.sum(tf.mul(laid(a), laid(b)), [1, 2])],
    dots: 0,
  },
  { title: 'not over rows alone', shape: MAP, fn: (a, b) => [tf.sum(tf.mul(laid(a), laid(b)), 1)], dots: 0 },
  {
    title: 'not with a factor per channel',
    shape: MAP,
    fn: (a) => [tf.sum(tf.mul(laid(a), [1, 2, 3, 4, 5]), [1, 2])],
    dots: 0,
  },
  {
    title: 'not where the products are needed all the same',
    shape: MAP,
    fn: (a, b) => {
      const product = tf.mul(laid(a), laid(b));
      return [tf.sum(product, [0, 1, 2]), tf.relu(product)];
    },
    dots: 0,
  },
  {
    title: 'beside a product of the same numbers in another form',
    shape: [10, 10],
    fn: (a, b) => [
      tf.sum(tf.mul(tf.reshape(a, [100]), tf.reshape(b, [100]))),
      tf.mul(tf.reshape(a, [100, 1]), tf.reshape(b, [1, 100])),
      tf.mul(a, b),
    ],
    dots: 1,
    products: 2,
  },
  {
    title: 'of whole numbers not at all',
    shape: MAP,
    fn: (a, b) => [tf.sum(tf.mul(tf.cast(a, 'int32'), tf.cast(b, 'int32')), 2)],
    dots: 0,
  },
];

const shapeOf = (model: OnnxModel, name: string): number[] =>
  model.valueInfo.find((v) => v.name === name)!.shape as number[];

beforeAll(useCpuBackend);

describe('sums of products are what tfjs computes', () => {
  test.each(CASES.map((c) => [c.title, c] as const))(
    '%s',
    async (title, { shape, fn, dots, products: wanted = dots === 0 ? 1 : 0 }) => {
      const [a, b] = [makeArray(f32(shape), `${title}/a`), makeArray(f32(shape), `${title}/b`)];
      const call = (...xs: tf.Tensor[]): tf.Tensor[] => fn(xs[0]!, xs[1]!);
      expectSame(await runTraced(call, [a, b], { lowerings }), runEager(call, [a, b]), { rtol: 1e-5, atol: 1e-4 });
      const { model } = trace(({ a, b }) => Object.fromEntries(fn(a!, b!).map((y, i) => [`y${i}`, y])), {
        inputs: { a, b },
        lowerings,
      });
      expect(model.nodes.filter((n) => n.op === 'FusedMatMul')).toHaveLength(dots);
      const size = a.data.length;
      const products = model.nodes.filter((n) => n.op === 'Mul' && sizeOf(shapeOf(model, n.outputs[0]!)) >= size);
      expect(products).toHaveLength(wanted);
    },
  );
});
