import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { GraphCall, GraphOperator, GraphOperatorTable } from '../graph-call.js';
import { pairOf, padsOf, toLast, toFirst } from './window.js';

/** (B, C, F, T) by weights (C', C/groups, kF, kT): as tfjs wants it, channels last. */
const conv: GraphOperator = (call) => {
  const [x, taps] = [call.input(0), call.input(1)];
  if (x.rank !== 4) throw call.refusal('a convolution of two axes', `one of ${x.rank - 2}`);
  const groups = call.int('group', 1);
  const [tall, wide] = pairOf(call, 'dilations');
  // tfjs has no gradients of windows with gaps.
  const weight = withZeros(withZeros(taps, 2, tall), 3, wide);
  const y = convolve(call, x, weight, groups);
  if (!call.has(2)) return y;
  return tf.add(y, tf.reshape(call.input(2), [-1, 1, 1]));
};

function convolve(call: GraphCall, x: Tensor, weight: Tensor, groups: number): Tensor {
  const [channels = 0, within = 0] = [x.shape[1], weight.shape[1]];
  const strides = pairOf(call, 'strides');
  const pads = padsOf(call);
  if (groups === 1) {
    const filter = tf.transpose(weight, [2, 3, 1, 0]) as Tensor4D;
    return toFirst(tf.conv2d(toLast(x), filter, strides, pads));
  }
  if (groups === channels && within === 1) {
    const filter = depthwiseFilter(weight, channels);
    return toFirst(tf.depthwiseConv2d(toLast(x), filter, strides, pads as never));
  }
  const parts = tf.split(x, groups, 1);
  const filters = tf.split(weight, groups, 0);
  return tf.concat(
    parts.map((part, i) => convolve(call, part, filters[i] as Tensor, 1)),
    1,
  );
}

/** Weights with `step` − 1 zeros between neighbours along an axis. */
function withZeros(weight: Tensor, axis: number, step: number): Tensor {
  if (step === 1) return weight;
  const size = weight.shape[axis] ?? 1;
  const apart = [...weight.shape.slice(0, axis + 1), 1, ...weight.shape.slice(axis + 1)];
  const padded = tf.pad(
    tf.reshape(weight, apart),
    apart.map((_, i) => [0, i === axis + 1 ? step - 1 : 0]),
  );
  const whole = weight.shape.map((each, i) => (i === axis ? size * step : each));
  const ends = weight.shape.map((each, i) => (i === axis ? (size - 1) * step + 1 : each));
  return tf.slice(
    tf.reshape(padded, whole),
    weight.shape.map(() => 0),
    ends,
  );
}

/** (C·m, 1, kF, kT) → (kF, kT, C, m). */
function depthwiseFilter(weight: Tensor, channels: number): Tensor4D {
  const [outputs = 0, , tall = 1, wide = 1] = weight.shape;
  if (outputs === channels) return tf.transpose(weight, [2, 3, 0, 1]) as Tensor4D;
  return tf.transpose(tf.reshape(weight, [channels, outputs / channels, tall, wide]), [2, 3, 0, 1]) as Tensor4D;
}

const gemm: GraphOperator = (call) => {
  const product = tf.matMul(call.input(0), call.input(1), call.int('transA', 0) === 1, call.int('transB', 0) === 1);
  const [alpha, beta] = [call.float('alpha', 1), call.float('beta', 1)];
  const scaled = alpha === 1 ? product : tf.mul(product, alpha);
  if (!call.has(2)) return scaled;
  return tf.add(scaled, beta === 1 ? call.input(2) : tf.mul(call.input(2), beta));
};

/** The gradient of tfjs does not sum over axes that one side repeats along, so a matrix meets rows laid end to end. */
const matMul: GraphOperator = (call) => {
  const [a, b] = [call.input(0), call.input(1)];
  if (b.rank === 2 && a.rank > 2) {
    const rows = tf.matMul(tf.reshape(a, [-1, a.shape.at(-1) ?? 1]), b);
    return tf.reshape(rows, [...a.shape.slice(0, -1), b.shape[1] ?? 1]);
  }
  const batch = a.shape.slice(0, -2);
  if (a.rank !== b.rank || batch.some((size, axis) => size !== b.shape[axis])) {
    throw call.refusal('a product of matrices in equal numbers', `(${a.shape.join(', ')}) by (${b.shape.join(', ')})`);
  }
  return tf.matMul(a, b);
};

/** In inference form: (x − mean)/√(variance + ε)·gain + shift along axis 1. */
const batchNorm: GraphOperator = (call) => {
  const x = call.input(0);
  const [gain, shift, mean, variance] = [1, 2, 3, 4].map((at) =>
    tf.reshape(call.input(at), [-1, ...Array<number>(x.rank - 2).fill(1)]),
  ) as [Tensor, Tensor, Tensor, Tensor];
  const scale = tf.mul(gain, tf.rsqrt(tf.add(variance, call.float('epsilon', 1e-5))));
  return tf.add(tf.mul(x, scale), tf.sub(shift, tf.mul(mean, scale)));
};

export const WEIGHTED_OPERATORS: GraphOperatorTable = {
  Conv: conv,
  Gemm: gemm,
  MatMul: matMul,
  BatchNormalization: batchNorm,
};
