import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { GraphOperator, GraphOperatorTable } from '../graph-call.js';

const unary =
  (op: (x: Tensor) => Tensor): GraphOperator =>
  (call) =>
    op(call.input(0));

const binary =
  (op: (a: Tensor, b: Tensor) => Tensor): GraphOperator =>
  (call) =>
    op(call.input(0), call.input(1));

/** Of any number of operands, two by two. */
const variadic =
  (op: (a: Tensor, b: Tensor) => Tensor): GraphOperator =>
  (call) =>
    call.inputs().reduce((a, b) => op(a, b));

const clip: GraphOperator = (call) => {
  const [min = -Infinity] = call.numbers(1) ?? [call.float('min', -Infinity)];
  const [max = Infinity] = call.numbers(2) ?? [call.float('max', Infinity)];
  return tf.clipByValue(call.input(0), min, max);
};

const hardSigmoid: GraphOperator = (call) =>
  tf.clipByValue(tf.add(tf.mul(call.input(0), call.float('alpha', 0.2)), call.float('beta', 0.5)), 0, 1);

const ONNX_DTYPE: Readonly<Record<number, 'float32' | 'int32' | 'bool'>> = {
  1: 'float32',
  6: 'int32',
  7: 'int32',
  9: 'bool',
};

const cast: GraphOperator = (call) => {
  const to = call.int('to', 1);
  const dtype = ONNX_DTYPE[to];
  if (dtype === undefined) throw call.refusal('a cast to float32, int32, int64 or bool', `type ${to}`);
  return tf.cast(call.input(0), dtype);
};

export const ELEMENTWISE_OPERATORS: GraphOperatorTable = {
  Identity: unary((x) => x),
  Abs: unary(tf.abs),
  Neg: unary(tf.neg),
  Exp: unary(tf.exp),
  Log: unary(tf.log),
  Sqrt: unary(tf.sqrt),
  Reciprocal: unary(tf.reciprocal),
  Relu: unary(tf.relu),
  Sigmoid: unary(tf.sigmoid),
  Tanh: unary(tf.tanh),
  Softplus: unary(tf.softplus),
  Erf: unary(tf.erf),
  Floor: unary(tf.floor),
  Ceil: unary(tf.ceil),
  Round: unary(tf.round),
  Sign: unary(tf.sign),
  Sin: unary(tf.sin),
  Cos: unary(tf.cos),
  Elu: unary(tf.elu),
  LeakyRelu: (call) => tf.leakyRelu(call.input(0), call.float('alpha', 0.01)),
  PRelu: binary(tf.prelu),
  HardSigmoid: hardSigmoid,
  Clip: clip,
  Cast: cast,
  Add: binary(tf.add),
  Sub: binary(tf.sub),
  Mul: binary(tf.mul),
  Div: binary(tf.div),
  Pow: binary(tf.pow),
  Max: variadic(tf.maximum),
  Min: variadic(tf.minimum),
  Sum: variadic(tf.add),
  Greater: binary(tf.greater),
  GreaterOrEqual: binary(tf.greaterEqual),
  Less: binary(tf.less),
  LessOrEqual: binary(tf.lessEqual),
  Equal: binary(tf.equal),
  And: binary(tf.logicalAnd),
  Or: binary(tf.logicalOr),
  Not: unary(tf.logicalNot),
  Where: (call) => tf.where(call.input(0), call.input(1), call.input(2)),
};
