/**
 * Batch norm of a 1×1 convolution without passes over what the convolution makes.
 *
 * y = W·x + b at every cell, so with m the mean of x and G = Σ (x − m)(x − m)ᵀ over all n cells
 *   mean(y) = W·m + b,  var(y) = diag(W·G·Wᵀ) / n,  s·y + t = (s·W)·x + (s·b + t),
 * and where dy is a map p plus such an affine map L·x + l of the same x, as batch norm hands it back,
 *   dW = p xᵀ + L·G + n·(L·m + l)·mᵀ,  dx = Wᵀ·p + (Wᵀ·L)·x + Wᵀ·l,  Σ p·y = rows of W·(x pᵀ) + b·Σ p.
 * y itself, its normalised form before an activation, and dy are then never written. G is a product of x, the smaller of the two
 * maps; m is taken off first, so that no digits are lost however far from 0 the values lie. Where a filter lets channels cancel,
 * the variance has fewer digits than one of y itself has: of 1e-4 of what the channels have alone, three are left.
 */
import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { OnnxNode } from '../../model/onnx-model.js';
import { int } from '../graph-builder.js';
import type { Lowering, LoweringContext, LoweringTable } from '../lowering.js';
import { type Value, physicalShape, sameShape, sizeOf } from '../value.js';
import { isPerChannel } from './reduction.js';
import { type Pointwise, affineOf, convolved, pointwiseOf, shapeOf, wholeValue } from './pointwise-map.js';

/** The lowerings of `table` that go through 1×1 convolutions to the map before it, where that has fewer channels. */
export function throughPointwise(table: LoweringTable): LoweringTable {
  return {
    ...table,
    Add: affine(table),
    Mean: meanOf(table),
    Sum: sumOf(table),
    Conv2DBackpropInput: inputGradient(table),
    Conv2DBackpropFilter: filterGradient(table),
  };
}

const call = (table: LoweringTable, kernel: string, context: LoweringContext, ...rest: [object, NamedAttrMap]): Value =>
  context.value(table[kernel]!(context, rest[0] as Record<string, TensorInfo>, rest[1]) as TensorInfo);

/** s·y + t per channel is one convolution of x. */
function affine(table: LoweringTable): Lowering {
  return (context, inputs, attrs) => {
    const sum = table['Add']!(context, inputs, attrs) as TensorInfo;
    const y = wholeValue(context, sum);
    const own = y && affineOf(context, y) && pointwiseOf(context, y);
    return own === undefined ? sum : context.tensor(convolved(context, own));
  };
}

function meanOf(table: LoweringTable): Lowering {
  return (context, inputs, attrs) => {
    const x = inputs['x']!;
    if (!perChannel(context, x, attrs)) return table['Mean']!(context, inputs, attrs);
    const value = context.value(x);
    const own = pointwiseOf(context, value);
    if (own !== undefined) return context.tensor(channelMeans(context, table, own));
    return context.tensor(
      channelVariances(context, table, value) ?? context.value(table['Mean']!(context, inputs, attrs) as TensorInfo),
    );
  };
}

/** The mean of (y − mean(y))²; undefined where `squares` is something else. */
function channelVariances(context: LoweringContext, table: LoweringTable, squares: Value): Value | undefined {
  const { graph } = context;
  const square = graph.producer(squares.name);
  const [difference, again] = square?.op === 'Mul' ? square.inputs : [];
  const made = difference === undefined || difference !== again ? undefined : graph.producer(difference);
  if (made?.op !== 'Sub') return undefined;
  const [map, mean] = made.inputs as [string, string];
  if (!sameShape(shapeOf(context, map), physicalShape(squares))) return undefined;
  const own = pointwiseOf(context, { ...squares, name: map });
  if (own === undefined) return undefined;
  // Of every cell its own channel's mean: laid out along another axis it is another number.
  if (!['1', `${own.filter.shape[0]},1,1`, `1,${own.filter.shape[0]},1,1`].includes(shapeOf(context, mean).join()))
    return undefined;
  if (unshaped(context, channelMeans(context, table, own).name) !== unshaped(context, mean)) return undefined;
  const { filter } = own;
  const [c, k] = filter.shape as [number, number];
  const spread = graph.op('MatMul', [filter, scatter(context, table, own.x)], { shape: [c, k], dtype: 'float32' });
  const products = graph.op('Mul', [spread, filter], filter);
  const spec = { shape: [c], dtype: 'float32' as const };
  const sums = graph.op('ReduceSum', [products, graph.int64([1])], spec, { keepdims: int(0) });
  // Rounding may bring what is 0 below it.
  const whole = graph.op('Relu', [sums], sums);
  return graph.op('Mul', [whole, graph.scalar(1 / cellsOf(own.x))], whole);
}

function sumOf(table: LoweringTable): Lowering {
  return (context, inputs, attrs) => {
    const x = inputs['x']!;
    const value = perChannel(context, x, attrs) ? context.value(x) : undefined;
    const result = value && (sumOfProduct(context, table, value) ?? sumOfSum(context, table, value));
    return result === undefined ? table['Sum']!(context, inputs, attrs) : context.tensor(result);
  };
}

/** Σ p·y per channel: the products of p with x are those of the gradient of the filter. */
function sumOfProduct(context: LoweringContext, table: LoweringTable, value: Value): Value | undefined {
  const { graph } = context;
  const made = graph.producer(value.name);
  if (made?.op !== 'Mul') return undefined;
  const found = besides(context, made, value, (name) => pointwiseOf(context, { ...value, name }));
  if (found === undefined) return undefined;
  const { map, other } = found;
  const [c, k] = map.filter.shape as [number, number];
  const gradient = call(
    table,
    'Conv2DBackpropFilter',
    context,
    { x: context.tensor(map.x), dy: context.tensor(other) },
    pointwiseAttrs([1, 1, k, c]),
  );
  const matrix = graph.reshapePhysical(graph.plain(gradient), [k, c], { shape: [k, c], dtype: 'float32' });
  const products = graph.op('Mul', [matrix, transposed(context, map.filter)], matrix);
  const spec = { shape: [c], dtype: 'float32' as const };
  const sums = graph.op('ReduceSum', [products, graph.int64([0])], spec, { keepdims: int(0) });
  if (map.bias === undefined) return sums;
  const total = mapSums(context, table, other);
  return graph.op('Add', [sums, graph.op('Mul', [total, map.bias], spec)], spec);
}

/** Σ (p + L·x + l) per channel. */
function sumOfSum(context: LoweringContext, table: LoweringTable, value: Value): Value | undefined {
  const { graph } = context;
  const found = partsOf(context, value);
  if (found === undefined) return undefined;
  const { map, other } = found;
  const total = mapSums(context, table, other);
  const mean = channelMeans(context, table, map);
  return graph.op('Add', [total, graph.op('Mul', [mean, graph.scalar(cellsOf(map.x))], mean)], total);
}

function inputGradient(table: LoweringTable): Lowering {
  return (context, inputs, attrs) => {
    const { dy, filter } = inputs;
    const found = isPointwise(filter!.shape, attrs) ? partsOf(context, context.value(dy!)) : undefined;
    if (found === undefined) return table['Conv2DBackpropInput']!(context, inputs, attrs);
    const { graph } = context;
    const { map, other } = found;
    const first = call(table, 'Conv2DBackpropInput', context, { dy: context.tensor(other), filter: filter! }, attrs);
    const [k, c] = filter!.shape.slice(2) as [number, number];
    const from = map.filter.shape[1]!;
    const plain = graph.plain(context.value(filter!));
    const weights = graph.reshapePhysical(plain, [k, c], { shape: [k, c], dtype: 'float32' });
    const back: Pointwise = {
      x: map.x,
      filter: graph.op('MatMul', [weights, map.filter], { shape: [k, from], dtype: 'float32' }),
      bias: map.bias && graph.op('MatMul', [weights, map.bias], { shape: [k], dtype: 'float32' }),
    };
    const second = convolved(context, back);
    return context.tensor(graph.op('Add', [graph.channelsFirst(first), second], second));
  };
}

function filterGradient(table: LoweringTable): Lowering {
  return (context, inputs, attrs) => {
    const { x, dy } = inputs;
    const shape = attrs['filterShape'] as number[];
    const found = isPointwise(shape, attrs) ? partsOf(context, context.value(dy!)) : undefined;
    const input = context.graph.channelsFirst(context.value(x!));
    if (found === undefined || found.map.x.name !== input.name) {
      return table['Conv2DBackpropFilter']!(context, inputs, attrs);
    }
    const { graph } = context;
    const { map, other } = found;
    const [k, c] = shape.slice(2) as [number, number];
    const first = call(table, 'Conv2DBackpropFilter', context, { x: x!, dy: context.tensor(other) }, attrs);
    const matrix = { shape: [k, c], dtype: 'float32' as const };
    const spread = graph.op('MatMul', [scatter(context, table, map.x), transposed(context, map.filter)], matrix);
    const column = graph.reshapePhysical(mapMeans(context, table, map.x), [k, 1], {
      shape: [k, 1],
      dtype: 'float32',
    });
    const mean = channelMeans(context, table, map);
    const row = graph.op('Mul', [mean, graph.scalar(cellsOf(map.x))], mean);
    const ofMeans = graph.op(
      'Mul',
      [column, graph.reshapePhysical(row, [1, c], { shape: [1, c], dtype: 'float32' })],
      matrix,
    );
    const rest = graph.op('Add', [spread, ofMeans], matrix);
    const plain = graph.plain(first);
    return context.tensor(
      graph.op('Add', [plain, graph.reshapePhysical(rest, shape, { shape, dtype: 'float32' })], plain),
    );
  };
}

/** What `value` = p + L·x + l consists of. */
function partsOf(context: LoweringContext, value: Value): { map: Pointwise; other: Value } | undefined {
  const made = value.layout === 'channels-first' ? context.graph.producer(value.name) : undefined;
  if (made?.op !== 'Add') return undefined;
  return besides(context, made, value, (name) =>
    context.graph.producer(name)?.op === 'Conv' ? pointwiseOf(context, { ...value, name }) : undefined,
  );
}

/** The operand of a node of two maps that `find` knows, and the other. */
function besides(
  context: LoweringContext,
  { inputs }: OnnxNode,
  value: Value,
  find: (name: string) => Pointwise | undefined,
): { map: Pointwise; other: Value } | undefined {
  const whole = physicalShape(value);
  if (!inputs.every((name) => sameShape(shapeOf(context, name), whole))) return undefined;
  for (const [i, name] of inputs.entries()) {
    const map = find(name);
    if (map !== undefined) return { map, other: { ...value, name: inputs[1 - i]! } };
  }
  return undefined;
}

/** The sums of a map's channels (K). */
function mapSums(context: LoweringContext, table: LoweringTable, x: Value): Value {
  return call(table, 'Sum', context, { x: context.tensor(x) }, { axis: [0, 1, 2], keepDims: false });
}

/** The means of a map's channels (K). */
function mapMeans(context: LoweringContext, table: LoweringTable, x: Value): Value {
  return call(table, 'Mean', context, { x: context.tensor(x) }, { axis: [0, 1, 2], keepDims: false });
}

/** The means of what a 1×1 convolution makes (C). */
function channelMeans(context: LoweringContext, table: LoweringTable, { x, filter, bias }: Pointwise): Value {
  const spec = { shape: [filter.shape[0]!], dtype: 'float32' as const };
  const mean = context.graph.op('MatMul', [filter, mapMeans(context, table, x)], spec);
  return bias === undefined ? mean : context.graph.op('Add', [mean, bias], mean);
}

/** G (K, K) = Σ (x − m)(x − m)ᵀ. */
function scatter(context: LoweringContext, table: LoweringTable, x: Value): Value {
  const { graph } = context;
  const k = x.shape[3]!;
  const mean = graph.reshapePhysical(mapMeans(context, table, x), [k, 1, 1], { shape: [k, 1, 1], dtype: 'float32' });
  const centred = context.tensor(graph.op('Sub', [x, mean], x));
  const products = call(
    table,
    'Conv2DBackpropFilter',
    context,
    { x: centred, dy: centred },
    pointwiseAttrs([1, 1, k, k]),
  );
  return graph.reshapePhysical(graph.plain(products), [k, k], { shape: [k, k], dtype: 'float32' });
}

const pointwiseAttrs = (filterShape: number[]): NamedAttrMap => ({ filterShape, strides: [1, 1], pad: 'valid' });

function isPointwise([h, w]: readonly number[], attrs: NamedAttrMap): boolean {
  const strides = attrs['strides'] as number | readonly number[];
  return h === 1 && w === 1 && [strides].flat().every((v) => v === 1) && typeof attrs['pad'] === 'string';
}

/** Whether a reduction of real numbers, not all the same, is over all cells of a map, channel by channel. */
function perChannel(context: LoweringContext, x: TensorInfo, attrs: NamedAttrMap): boolean {
  return x.dtype === 'float32' && context.uniform(x) === undefined && isPerChannel(x, attrs);
}

function transposed(context: LoweringContext, { name, shape }: Value): Value {
  const [rows, columns] = shape as [number, number];
  return context.graph.transpose(name, [1, 0], { shape: [columns, rows], dtype: 'float32' });
}

/** What was reshaped to `name`. */
function unshaped(context: LoweringContext, name: string): string {
  const made = context.graph.producer(name);
  return made?.op === 'Reshape' ? unshaped(context, made.inputs[0]!) : name;
}

const cellsOf = ({ shape }: Value): number => sizeOf(shape.slice(0, 3));
