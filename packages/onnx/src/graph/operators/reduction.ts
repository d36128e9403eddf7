import * as tf from '@tensorflow/tfjs-core';
import type { GradSaveFunc, Tensor } from '@tensorflow/tfjs-core';
import type { GraphOperator, GraphOperatorTable } from '../graph-call.js';

type Reduction = (x: Tensor, axes: number[]) => Tensor;

/** A reduction that keeps its axes with size 1, made to drop them where the node says so. */
const reduction =
  (reduce: Reduction): GraphOperator =>
  (call) => {
    const x = call.input(0);
    if (call.int('noop_with_empty_axes', 0) === 1 && (call.numbers(1) ?? []).length === 0) return x;
    const axes = call.axes(1, x.rank);
    const kept = reduce(x, axes);
    return call.int('keepdims', 1) === 1
      ? kept
      : tf.reshape(
          kept,
          x.shape.filter((_, axis) => !axes.includes(axis)),
        );
  };

const spatial =
  (reduce: Reduction): GraphOperator =>
  (call) => {
    const x = call.input(0);
    return reduce(
      x,
      Array.from({ length: x.rank - 2 }, (_, i) => i + 2),
    );
  };

const mean: Reduction = (x, axes) => tf.mean(x, axes, true);

/** Equal maxima share the gradient: 8-bit values are equal often, and tfjs would give each of them the whole. */
function max(x: Tensor, axes: number[]): Tensor {
  const op = tf.customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [input, save] = args as [Tensor, GradSaveFunc];
    const value = tf.max(input, axes, true);
    save([input, value]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [from, most] = saved as [Tensor, Tensor];
      const hit = tf.cast(tf.equal(from, most), 'float32');
      return tf.mul(hit, tf.div(dy, tf.sum(hit, axes, true)));
    };
    return { value, gradFunc };
  });
  return op(x);
}

/** Over one axis, which tfjs wants last. */
const along =
  (op: (x: Tensor) => Tensor): GraphOperator =>
  (call) => {
    const x = call.input(0);
    const axis = call.axis(-1, x.rank);
    if (axis === x.rank - 1) return op(x);
    const swapped = x.shape.map((_, i) => (i === axis ? x.rank - 1 : i === x.rank - 1 ? axis : i));
    return tf.transpose(op(tf.transpose(x, swapped)), swapped);
  };

export const REDUCTION_OPERATORS: GraphOperatorTable = {
  ReduceMean: reduction(mean),
  ReduceSum: reduction((x, axes) => tf.sum(x, axes, true)),
  ReduceMax: reduction(max),
  ReduceMin: reduction((x, axes) => tf.neg(max(tf.neg(x), axes))),
  GlobalAveragePool: spatial(mean),
  GlobalMaxPool: spatial(max),
  Softmax: along((x) => tf.softmax(x)),
  LogSoftmax: along((x) => tf.logSoftmax(x)),
};
