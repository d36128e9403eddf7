import type { OnnxModel, OnnxNode, OnnxTensor } from '../model/onnx-model.js';
import { removeDead } from '../trace/optimise.js';

type Floats = { readonly shape: readonly number[]; readonly data: Float32Array };

/** Computes, once and for all, every node whose operands are all constants: turned filters, batch-norm scales. */
export function foldConstants(model: OnnxModel): void {
  const outputs = new Set(model.outputs.map((o) => o.name));
  for (const node of model.nodes) {
    if (node.outputs.length !== 1 || outputs.has(node.outputs[0]!)) continue;
    const operands = node.inputs.map((name) => model.initializers.get(name));
    if (operands.length === 0 || operands.some((o) => o === undefined)) continue;
    const folded = evaluate(node, operands as OnnxTensor[]);
    if (folded !== undefined) {
      model.initializers.set(node.outputs[0]!, { type: 'float32', shape: [...folded.shape], data: folded.data });
    }
  }
  // A folded node's result is now an initializer: the node itself must go.
  model.nodes = model.nodes.filter((n) => !n.outputs.some((o) => model.initializers.has(o)));
  removeDead(model);
}

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Max: Math.max,
  Min: Math.min,
};

const UNARY: Readonly<Record<string, (a: number) => number>> = {
  Neg: (a) => -a,
  Sqrt: Math.sqrt,
  Reciprocal: (a) => 1 / a,
  Exp: Math.exp,
  Log: Math.log,
  Sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  Tanh: Math.tanh,
  Relu: (a) => Math.max(0, a),
  Abs: Math.abs,
};

function evaluate(node: OnnxNode, operands: readonly OnnxTensor[]): Floats | undefined {
  const [a, b] = operands;
  if (a?.type !== 'float32') return undefined;
  const x: Floats = { shape: a.shape, data: a.data as Float32Array };
  const unary = UNARY[node.op];
  if (unary !== undefined) return { shape: x.shape, data: x.data.map(unary) };
  const binary = BINARY[node.op];
  if (binary !== undefined && operands.length === 2 && b?.type === 'float32') {
    return broadcast(x, { shape: b.shape, data: b.data as Float32Array }, binary);
  }
  if (node.op === 'Identity') return x;
  if (node.op === 'Transpose') return transpose(x, (node.attributes['perm'] as { value: number[] }).value);
  if (node.op === 'Reshape' && b?.type === 'int64') return reshape(x, b);
  if (node.op === 'Slice') return reversed(x, operands);
  return undefined;
}

function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** Calls `each` with the flat source offset of every element of `shape`, in order, when walked with `strides`. */
function walk(
  shape: readonly number[],
  strides: readonly number[],
  start: number,
  each: (offset: number, i: number) => void,
): void {
  const index = shape.map(() => 0);
  let offset = start;
  const size = shape.reduce((p, d) => p * d, 1);
  for (let i = 0; i < size; i++) {
    each(offset, i);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      offset += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      offset -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

function gather(x: Floats, shape: readonly number[], strides: readonly number[], start = 0): Floats {
  const data = new Float32Array(shape.reduce((p, d) => p * d, 1));
  walk(shape, strides, start, (offset, i) => {
    data[i] = x.data[offset]!;
  });
  return { shape, data };
}

function transpose(x: Floats, perm: readonly number[]): Floats {
  const strides = stridesOf(x.shape);
  return gather(
    x,
    perm.map((p) => x.shape[p]!),
    perm.map((p) => strides[p]!),
  );
}

function broadcast(a: Floats, b: Floats, op: (a: number, b: number) => number): Floats {
  const rank = Math.max(a.shape.length, b.shape.length);
  const lift = (t: Floats): number[] => [...Array.from({ length: rank - t.shape.length }, () => 1), ...t.shape];
  const [as, bs] = [lift(a), lift(b)];
  const shape = as.map((d, i) => Math.max(d, bs[i]!));
  const spread = (t: Floats, lifted: number[]): Floats =>
    gather(
      t,
      shape,
      stridesOf(lifted).map((s, i) => (lifted[i] === 1 ? 0 : s)),
    );
  const [x, y] = [spread(a, as), spread(b, bs)];
  return { shape, data: x.data.map((v, i) => op(v, y.data[i]!)) };
}

function reshape(x: Floats, target: OnnxTensor): Floats | undefined {
  const dims = Array.from(target.data as BigInt64Array, Number);
  if (dims.includes(0)) return undefined;
  const known = dims.filter((d) => d !== -1).reduce((p, d) => p * d, 1);
  return { shape: dims.map((d) => (d === -1 ? x.data.length / known : d)), data: x.data };
}

/** Slices that turn whole axes round; other slices of constants do not occur in traced models. */
function reversed(x: Floats, [, starts, , axes, steps]: readonly OnnxTensor[]): Floats | undefined {
  if (starts === undefined || axes === undefined || steps === undefined) return undefined;
  const strides = stridesOf(x.shape);
  let start = 0;
  for (let k = 0; k < axes.data.length; k++) {
    if (Number(steps.data[k]) !== -1 || Number(starts.data[k]) !== -1) return undefined;
    const axis = Number(axes.data[k]);
    start += strides[axis]! * (x.shape[axis]! - 1);
    strides[axis] = -strides[axis]!;
  }
  return gather(x, x.shape, strides, start);
}
