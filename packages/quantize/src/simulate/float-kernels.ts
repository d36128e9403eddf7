import { sizeOf } from '@asc/core';
import type { OnnxNode } from '@asc/onnx';
import { channelIndex } from '../quantize-weights.js';
import { broadcastIndex } from './broadcast.js';
import { convolve, int, ints } from './convolve.js';
import { multiplyMatrices } from './multiply-matrices.js';
import type { SimValue } from './sim-value.js';

/** A node on float32 numbers, summed in float64. */
export type FloatKernel = (node: OnnxNode, inputs: readonly SimValue[]) => SimValue;

/** What 8-bit models of this toolkit keep in float32. */
export const FLOAT_KERNELS: Readonly<Record<string, FloatKernel>> = {
  Conv: (node, [x = EMPTY, w = EMPTY, bias]) => {
    const { shape, sums } = convolve(node, x.data, x.shape, w.data, w.shape);
    const channelOf = channelIndex(shape, 1);
    return { shape, data: Float32Array.from(sums, (sum, i) => sum + (bias?.data[channelOf(i)] ?? 0)) };
  },
  Gemm: product,
  MatMul: product,
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b) => a / b),
  Max: binary(Math.max),
  Relu: unary((x) => Math.max(0, x)),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  Tanh: unary(Math.tanh),
  LeakyRelu: (node, inputs) => {
    const alpha = node.attributes['alpha'];
    const slope = alpha?.kind === 'float' ? alpha.value : 0.01;
    return unary((x) => (x >= 0 ? x : x * slope))(node, inputs);
  },
  Clip: (node, [x = EMPTY, min, max]) => {
    const [low, high] = [min?.data[0] ?? -Infinity, max?.data[0] ?? Infinity];
    return unary((value) => Math.min(high, Math.max(low, value)))(node, [x]);
  },
  GlobalAveragePool: (_, [x = EMPTY]) => mean(x, x.shape.map((_, axis) => axis).slice(2), true),
  ReduceMean: (node, [x = EMPTY, axes]) => {
    const wanted = axes === undefined ? ints(node, 'axes', []) : Array.from(axes.data);
    const all = wanted.length === 0 ? x.shape.map((_, axis) => axis) : wanted;
    return mean(x, all, int(node, 'keepdims', 1) === 1);
  },
  Softmax: (node, [x = EMPTY]) => softmax(x, int(node, 'axis', -1)),
  Pad: (_, [x = EMPTY, pads, value]) => padded(x, Array.from(pads?.data ?? []), value?.data[0] ?? 0),
  Concat: (node, inputs) => concatenate(inputs, int(node, 'axis', 0)),
};

const EMPTY: SimValue = { shape: [0], data: new Float32Array() };

/** Constants around x: `pads` is what comes before each axis, then what comes behind. */
function padded(x: SimValue, pads: readonly number[], value: number): SimValue {
  const rank = x.shape.length;
  const shape = x.shape.map((size, axis) => size + (pads[axis] ?? 0) + (pads[axis + rank] ?? 0));
  const data = new Float32Array(sizeOf(shape)).fill(value);
  x.data.forEach((number, flat) => {
    let [rest, place, stride] = [flat, 0, 1];
    for (let axis = rank - 1; axis >= 0; axis--) {
      const size = x.shape[axis] ?? 1;
      place += ((rest % size) + (pads[axis] ?? 0)) * stride;
      rest = Math.floor(rest / size);
      stride *= shape[axis] ?? 1;
    }
    data[place] = number;
  });
  return { shape, data };
}

function unary(compute: (x: number) => number): FloatKernel {
  return (_, [x = EMPTY]) => ({ shape: x.shape, data: Float32Array.from(x.data, compute) });
}

function binary(compute: (a: number, b: number) => number): FloatKernel {
  return (_, [first = EMPTY, ...others]) =>
    others.reduce((a, b) => {
      const { shape, indices } = broadcastIndex([a.shape, b.shape]);
      const [left, right] = indices;
      const data = Float32Array.from({ length: sizeOf(shape) }, (_unused, i) =>
        compute(a.data[left?.[i] ?? 0] ?? 0, b.data[right?.[i] ?? 0] ?? 0),
      );
      return { shape, data };
    }, first);
}

function product(node: OnnxNode, [a = EMPTY, b = EMPTY, bias]: readonly SimValue[]): SimValue {
  const transposed = int(node, 'transB', 0) === 1;
  const inner = a.shape.at(-1) ?? 1;
  const columns = b.shape[transposed ? 0 : 1] ?? 1;
  const sums = multiplyMatrices(a.data, b.data, { rows: a.data.length / inner, inner, columns }, transposed);
  return {
    shape: [...a.shape.slice(0, -1), columns],
    data: Float32Array.from(sums, (sum, i) => sum + (bias?.data[i % columns] ?? 0)),
  };
}

function mean(x: SimValue, axes: readonly number[], keep: boolean): SimValue {
  const gone = axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  const kept = x.shape.map((size, axis) => (gone.includes(axis) ? 1 : size));
  const { indices } = broadcastIndex([x.shape, kept]);
  const sums = new Float64Array(sizeOf(kept));
  x.data.forEach((value, i) => {
    const at = indices[1]?.[i] ?? 0;
    sums[at] = (sums[at] ?? 0) + value;
  });
  const count = x.data.length / sums.length;
  const shape = keep ? kept : x.shape.filter((_, axis) => !gone.includes(axis));
  return { shape, data: Float32Array.from(sums, (sum) => sum / count) };
}

function softmax(x: SimValue, axis: number): SimValue {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const size = x.shape[at] ?? 1;
  const inner = sizeOf(x.shape.slice(at + 1));
  const data = new Float32Array(x.data.length);
  for (let outer = 0; outer < data.length / size; outer++) {
    const begin = Math.floor(outer / inner) * size * inner + (outer % inner);
    const places = Array.from({ length: size }, (_, i) => begin + i * inner);
    const largest = Math.max(...places.map((place) => x.data[place] ?? 0));
    const powers = places.map((place) => Math.exp((x.data[place] ?? 0) - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    places.forEach((place, i) => (data[place] = (powers[i] ?? 0) / sum));
  }
  return { shape: x.shape, data };
}

function concatenate(inputs: readonly SimValue[], axis: number): SimValue {
  const [first = EMPTY] = inputs;
  const at = axis < 0 ? axis + first.shape.length : axis;
  const total = inputs.reduce((sum, { shape }) => sum + (shape[at] ?? 0), 0);
  const shape = first.shape.map((size, i) => (i === at ? total : size));
  const outer = sizeOf(shape.slice(0, at));
  const data = new Float32Array(sizeOf(shape));
  let to = 0;
  for (let block = 0; block < outer; block++) {
    for (const input of inputs) {
      const length = input.data.length / outer;
      data.set(input.data.subarray(block * length, (block + 1) * length), to);
      to += length;
    }
  }
  return { shape, data };
}
