import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { GraphCall, GraphOperator, GraphOperatorTable } from '../graph-call.js';

const reshape: GraphOperator = (call) => {
  const x = call.input(0);
  const wanted = call.numbers(1) ?? [];
  const keepsZero = call.int('allowzero', 0) === 1;
  return tf.reshape(
    x,
    wanted.map((size, axis) => (size === 0 && !keepsZero ? (x.shape[axis] ?? 1) : size)),
  );
};

const flatten: GraphOperator = (call) => {
  const x = call.input(0);
  const axis = call.axis(1, x.rank);
  const rows = x.shape.slice(0, axis).reduce((product, size) => product * size, 1);
  return tf.reshape(x, [rows, -1]);
};

const transpose: GraphOperator = (call) => {
  const x = call.input(0);
  return tf.transpose(x, call.ints('perm') ?? x.shape.map((_, i) => x.rank - 1 - i));
};

const squeeze: GraphOperator = (call) => {
  const x = call.input(0);
  const given = call.ints('axes') ?? call.numbers(1);
  const gone = given === undefined ? ones(x) : call.axes(1, x.rank);
  return tf.reshape(
    x,
    x.shape.filter((_, axis) => !gone.includes(axis)),
  );
};

function ones(x: Tensor): number[] {
  return x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
}

const unsqueeze: GraphOperator = (call) => {
  const x = call.input(0);
  const given = call.ints('axes') ?? call.numbers(1) ?? [];
  const rank = x.rank + given.length;
  const axes = given.map((axis) => (axis < 0 ? axis + rank : axis));
  const left = [...x.shape];
  return tf.reshape(
    x,
    Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (left.shift() ?? 1))),
  );
};

const split: GraphOperator = (call) => {
  const x = call.input(0);
  const axis = call.axis(0, x.rank);
  const sizes = call.ints('split') ?? call.numbers(1);
  return tf.split(x, sizes ?? call.node.outputs.length, axis);
};

const concat: GraphOperator = (call) => {
  const parts = call.inputs();
  return tf.concat(parts, call.axis(0, parts[0]?.rank ?? 1));
};

const slice: GraphOperator = (call) => {
  const x = call.input(0);
  const [starts, ends] = [call.numbers(1) ?? [], call.numbers(2) ?? []];
  const axes = (call.numbers(3) ?? starts.map((_, i) => i)).map((axis) => (axis < 0 ? axis + x.rank : axis));
  const steps = call.numbers(4) ?? axes.map(() => 1);
  if (steps.some((step) => step < 1)) throw call.refusal('slices of a step of at least 1', steps.join(', '));
  const begin = x.shape.map(() => 0);
  const size = [...x.shape];
  axes.forEach((axis, i) => {
    const whole = x.shape[axis] ?? 0;
    const at = (place: number): number => Math.min(Math.max(place < 0 ? place + whole : place, 0), whole);
    begin[axis] = at(starts[i] ?? 0);
    size[axis] = Math.max(0, at(ends[i] ?? whole) - at(starts[i] ?? 0));
  });
  return axes.reduce((cut, axis, i) => everyNth(cut, axis, steps[i] ?? 1), tf.slice(x, begin, size) as Tensor);
};

/** Places 0, step, 2·step … of an axis, by operations that have a gradient. */
function everyNth(x: Tensor, axis: number, step: number): Tensor {
  if (step === 1) return x;
  const [before, size, after] = [x.shape.slice(0, axis), x.shape[axis] ?? 0, x.shape.slice(axis + 1)];
  const count = Math.ceil(size / step);
  const whole = tf.pad(
    x,
    x.shape.map((_, at): [number, number] => [0, at === axis ? count * step - size : 0]),
  );
  const rows = tf.reshape(whole, [...before, count, step, ...after]);
  const first = tf.slice(rows, Array<number>(rows.rank).fill(0), [...before, count, 1, ...after]);
  return tf.reshape(first, [...before, count, ...after]);
}

const pad: GraphOperator = (call) => {
  const x = call.input(0);
  if (call.text('mode', 'constant') !== 'constant') throw call.refusal('padding with a number', call.text('mode', ''));
  const pads = call.numbers(1) ?? [];
  const axes = (call.numbers(3) ?? x.shape.map((_, i) => i)).map((axis) => (axis < 0 ? axis + x.rank : axis));
  const paddings = x.shape.map((): [number, number] => [0, 0]);
  axes.forEach((axis, i) => (paddings[axis] = [pads[i] ?? 0, pads[i + axes.length] ?? 0]));
  if (paddings.flat().some((count) => count < 0)) throw call.refusal('padding of at least 0', pads.join(', '));
  return tf.pad(x, paddings, call.numbers(2)?.[0] ?? 0);
};

const gather: GraphOperator = (call) => {
  const x = call.input(0);
  const indices = tf.cast(call.input(1), 'int32');
  return tf.gather(x, indices, call.axis(0, x.rank));
};

/** Two-way broadcasting: a 1 in either shape gives way. */
const expand: GraphOperator = (call) => {
  const x = call.input(0);
  const wanted = call.numbers(1) ?? [];
  const rank = Math.max(x.rank, wanted.length);
  const [own, other] = [filled(x.shape, rank), filled(wanted, rank)];
  const shape = own.map((size, axis) => (size === 1 ? (other[axis] ?? 1) : size));
  return tf.broadcastTo(tf.reshape(x, own), shape);
};

function filled(shape: readonly number[], rank: number): number[] {
  return [...Array<number>(rank - shape.length).fill(1), ...shape];
}

const tile = (call: GraphCall): Tensor => tf.tile(call.input(0), call.numbers(1) ?? []);

export const ARRANGEMENT_OPERATORS: GraphOperatorTable = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Split: split,
  Concat: concat,
  Slice: slice,
  Pad: pad,
  Gather: gather,
  Expand: expand,
  Tile: tile,
};
