import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { GraphCall, GraphOperator, GraphOperatorTable } from '../graph-call.js';

type Pair = [number, number];
/** Padding before and after each axis of (B, F, T, C). */
export type Pads = [Pair, Pair, Pair, Pair];

/** (B, C, F, T) → (B, F, T, C). */
export function toLast(x: Tensor): Tensor4D {
  return tf.transpose(x, [0, 2, 3, 1]) as Tensor4D;
}

/** (B, F, T, C) → (B, C, F, T). */
export function toFirst(x: Tensor): Tensor4D {
  return tf.transpose(x, [0, 3, 1, 2]) as Tensor4D;
}

/** An attribute of one number an axis; ones where it is not there. */
export function pairOf(call: GraphCall, name: string): Pair {
  const [tall = 1, wide = 1] = call.ints(name) ?? [];
  return [tall, wide];
}

/** The explicit padding of a window. */
export function padsOf(call: GraphCall): Pads {
  const auto = call.text('auto_pad', 'NOTSET');
  if (auto !== 'NOTSET' && auto !== 'VALID') throw call.refusal('padding in numbers', auto);
  const [top = 0, left = 0, bottom = 0, right = 0] = call.ints('pads') ?? [];
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

type Pool = (x: Tensor4D, size: Pair, strides: Pair, pads: Pads) => Tensor4D;

const pool =
  (op: Pool): GraphOperator =>
  (call) => {
    const x = call.input(0);
    const size = call.ints('kernel_shape') ?? [];
    if (x.rank !== 4 || call.node.outputs.length > 1)
      throw call.refusal('a pool of two axes with one output', 'another');
    if (pairOf(call, 'dilations').some((step) => step !== 1)) throw call.refusal('windows without gaps', 'dilations');
    if (call.int('ceil_mode', 0) === 1) throw call.refusal('whole windows', 'ceil_mode');
    return toFirst(op(toLast(x), size as Pair, pairOf(call, 'strides'), padsOf(call)));
  };

const averagePool: GraphOperator = (call) => {
  if (call.int('count_include_pad', 0) === 1) throw call.refusal('means without padding', 'count_include_pad');
  return pool((x, size, strides, pads) => tf.avgPool(x, size, strides, pads as never))(call);
};

export const WINDOW_OPERATORS: GraphOperatorTable = {
  MaxPool: pool((x, size, strides, pads) => tf.maxPool(x, size, strides, pads as never)),
  AveragePool: averagePool,
};
