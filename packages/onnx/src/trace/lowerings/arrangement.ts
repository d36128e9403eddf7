import { type TensorInfo, backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import { int, text } from '../graph-builder.js';
import { type Lowering, type LoweringContext, type LoweringTable, dtypeOf } from '../lowering.js';
import { type Layout, type Value, physicalAxis, physicalShape, sizeOf } from '../value.js';
import { commonLayout, operand } from './elementwise.js';

/** Per-axis numbers in memory order. */
function physicalOrder<T>(layout: Layout, perAxis: readonly T[]): T[] {
  if (layout === 'plain') return [...perAxis];
  return [perAxis[0]!, perAxis[3]!, perAxis[1]!, perAxis[2]!];
}

export function reshapeTo(context: LoweringContext, tensor: TensorInfo, shape: readonly number[]): TensorInfo {
  const uniform = context.uniform(tensor);
  if (uniform !== undefined) return context.filled(shape, dtypeOf(tensor.dtype), uniform);
  const value = context.value(tensor);
  if (value.shape.length === shape.length && value.shape.every((d, i) => d === shape[i])) return context.alias(tensor);
  const plain = context.graph.plain(value);
  return context.tensor(context.graph.reshapePhysical(plain, shape, { shape, dtype: value.dtype }));
}

const reshape: Lowering = (context, { x }, attrs) =>
  reshapeTo(context, x!, util.inferFromImplicitShape(attrs['shape'] as number[], sizeOf(x!.shape)));

const expandDims: Lowering = (context, { input }, attrs) => {
  const axis = attrs['dim'] as number;
  const shape = [...input!.shape];
  shape.splice(axis < 0 ? shape.length + 1 + axis : axis, 0, 1);
  return reshapeTo(context, input!, shape);
};

const transpose: Lowering = (context, { x }, attrs) => {
  const perm = attrs['perm'] as number[];
  const value = context.value(x!);
  const shape = perm.map((p) => value.shape[p]!);
  return context.tensor(
    context.graph.transpose(
      value.name,
      perm.map((p) => physicalAxis(value.layout, p)),
      { shape, dtype: value.dtype },
    ),
  );
};

function concatenate(context: LoweringContext, tensors: readonly TensorInfo[], axis: number): TensorInfo {
  const parts = tensors.filter((t) => sizeOf(t.shape) > 0);
  const first = parts[0] ?? tensors[0]!;
  if (parts.length <= 1) return context.alias(first);
  const shape = [...first.shape];
  shape[axis] = parts.reduce((sum, t) => sum + t.shape[axis]!, 0);
  const layout = commonLayout(context, parts, shape.length);
  // Constants must be full here: Concat does not broadcast.
  const values = parts.map((t) => {
    const value = context.value(t);
    return layout === 'plain' ? context.graph.plain(value) : context.graph.channelsFirst(value);
  });
  const spec = { shape, dtype: dtypeOf(first.dtype), layout };
  return context.tensor(context.graph.op('Concat', values, spec, { axis: int(physicalAxis(layout, axis)) }));
}

const concat: Lowering = (context, inputs, attrs) => {
  const tensors = Object.values(inputs);
  return concatenate(context, tensors, util.parseAxisParam(attrs['axis'] as number, tensors[0]!.shape)[0]!);
};

const pack: Lowering = (context, inputs, attrs) => {
  const axis = attrs['axis'] as number;
  const tensors = Object.values(inputs).map((t) => {
    const shape = [...t.shape];
    shape.splice(axis < 0 ? shape.length + 1 + axis : axis, 0, 1);
    return reshapeTo(context, t, shape);
  });
  return concatenate(context, tensors, axis < 0 ? tensors[0]!.shape.length + axis : axis);
};

const splitV: Lowering = (context, { x }, attrs) => {
  const axis = util.parseAxisParam(attrs['axis'] as number, x!.shape)[0]!;
  const sizes = backend_util.prepareSplitSize(x as never, attrs['numOrSizeSplits'] as number[], axis);
  const value = context.value(x!);
  const specs = sizes.map((size) => ({
    shape: value.shape.map((d, i) => (i === axis ? size : d)),
    dtype: value.dtype,
    layout: value.layout,
  }));
  if (sizes.length === 1) return [context.alias(x!)];
  return context.graph
    .ops('Split', [value, context.graph.int64(sizes)], specs, { axis: int(physicalAxis(value.layout, axis)) })
    .map((v) => context.tensor(v));
};

/** The cells from `begin` to before `end` (logical axes), in the order the value lies in. */
export function slicePhysical(
  context: LoweringContext,
  value: Value,
  begin: readonly number[],
  end: readonly number[],
  strides: readonly number[],
  shape: readonly number[],
): Value {
  const { graph } = context;
  const axes = begin.map((_, i) => i).filter((i) => begin[i] !== 0 || end[i] !== value.shape[i] || strides[i] !== 1);
  if (axes.length === 0) return value;
  const pick = (per: readonly number[]): string => graph.int64(axes.map((a) => per[a]!));
  return graph.op(
    'Slice',
    [value, pick(begin), pick(end), graph.int64(axes.map((a) => physicalAxis(value.layout, a))), pick(strides)],
    { shape, dtype: value.dtype, layout: value.layout },
  );
}

const slice: Lowering = (context, { x }, attrs) => {
  const [begin, size] = slice_util.parseSliceParams(
    x as never,
    attrs['begin'] as number[],
    attrs['size'] as number[],
  ) as [number[], number[]];
  const uniform = context.uniform(x!);
  if (uniform !== undefined) return context.filled(size, dtypeOf(x!.dtype), uniform);
  const end = begin.map((b, i) => b + size[i]!);
  return context.tensor(
    slicePhysical(
      context,
      context.value(x!),
      begin,
      end,
      begin.map(() => 1),
      size,
    ),
  );
};

const stridedSlice: Lowering = (context, { x }, attrs) => {
  const info = slice_util.sliceInfo(
    x!.shape,
    attrs['begin'] as number[],
    attrs['end'] as number[],
    attrs['strides'] as number[],
    attrs['beginMask'] as number,
    attrs['endMask'] as number,
    attrs['ellipsisMask'] as number,
    attrs['newAxisMask'] as number,
    attrs['shrinkAxisMask'] as number,
  );
  const value = context.value(x!);
  const end = info.end.map((e, i) => (info.strides[i]! < 0 && e < 0 ? -(value.shape[i]! + 1) : e));
  const sliced = info.begin.map((b, i) => Math.max(0, Math.ceil((info.end[i]! - b) / info.strides[i]!)));
  const result = slicePhysical(context, value, info.begin, end, info.strides, sliced);
  return reshapeTo(context, context.tensor(result), info.finalShape);
};

const reverse: Lowering = (context, { x }, attrs) => {
  const axes = util.parseAxisParam(attrs['dims'] as number[], x!.shape);
  const value = context.value(x!);
  const { graph } = context;
  if (axes.length === 0) return context.alias(x!);
  return context.tensor(
    graph.op(
      'Slice',
      [
        value,
        graph.int64(axes.map(() => -1)),
        graph.int64(axes.map((a) => -(value.shape[a]! + 1))),
        graph.int64(axes.map((a) => physicalAxis(value.layout, a))),
        graph.int64(axes.map(() => -1)),
      ],
      value,
    ),
  );
};

function padded(
  context: LoweringContext,
  x: TensorInfo,
  paddings: readonly (readonly [number, number])[],
  mode: string,
  constant?: number,
): TensorInfo {
  const value = context.value(x);
  const { graph } = context;
  if (paddings.every(([a, b]) => a === 0 && b === 0)) return context.alias(x);
  const order = physicalOrder(value.layout, paddings);
  const pads = graph.int64([...order.map((p) => p[0]), ...order.map((p) => p[1])]);
  const shape = value.shape.map((d, i) => d + paddings[i]![0] + paddings[i]![1]);
  const spec = { shape, dtype: value.dtype, layout: value.layout };
  const inputs =
    constant === undefined || constant === 0 ? [value, pads] : [value, pads, graph.scalar(constant, value.dtype)];
  return context.tensor(graph.op('Pad', inputs, spec, mode === 'constant' ? {} : { mode: text(mode) }));
}

const tile: Lowering = (context, { x }, attrs) => {
  const reps = attrs['reps'] as number[];
  const uniform = context.uniform(x!);
  const shape = x!.shape.map((d, i) => d * reps[i]!);
  if (uniform !== undefined) return context.filled(shape, dtypeOf(x!.dtype), uniform);
  if (reps.every((r) => r === 1)) return context.alias(x!);
  const value = context.value(x!);
  const spec = { shape, dtype: value.dtype, layout: value.layout };
  // Repeating length-1 axes is a broadcast.
  if (reps.every((r, i) => r === 1 || x!.shape[i] === 1)) {
    return context.tensor(context.graph.op('Expand', [value, context.graph.int64(physicalShape(spec))], spec));
  }
  return context.tensor(
    context.graph.op('Tile', [value, context.graph.int64(physicalOrder(value.layout, reps))], spec),
  );
};

const unpack: Lowering = (context, { value: x }, attrs) => {
  const axis = util.parseAxisParam(attrs['axis'] as number, x!.shape)[0]!;
  const count = x!.shape[axis]!;
  const value = context.value(x!);
  const one = value.shape.map((d, i) => (i === axis ? 1 : d));
  const shape = value.shape.filter((_, i) => i !== axis);
  if (count === 1) return [reshapeTo(context, x!, shape)];
  const specs = Array.from({ length: count }, () => ({ shape: one, dtype: value.dtype, layout: value.layout }));
  return context.graph
    .ops('Split', [value, context.graph.int64(specs.map(() => 1))], specs, {
      axis: int(physicalAxis(value.layout, axis)),
    })
    .map((v) => reshapeTo(context, context.tensor(v), shape));
};

const gather: Lowering = (context, { x, indices }, attrs) => {
  const batchDims = (attrs['batchDims'] as number | undefined) ?? 0;
  const axis = util.parseAxisParam(attrs['axis'] as number, x!.shape)[0]!;
  if (batchDims !== 0) throw new TypeError('gather with batchDims cannot be traced; use a mask or a matrix product');
  const value = context.graph.plain(context.value(x!));
  const index = context.graph.plain(context.value(indices!));
  const shape = [...value.shape.slice(0, axis), ...index.shape, ...value.shape.slice(axis + 1)];
  return context.tensor(context.graph.op('Gather', [value, index], { shape, dtype: value.dtype }, { axis: int(axis) }));
};

const oneHot: Lowering = (context, { indices }, attrs) => {
  const depth = attrs['depth'] as number;
  const index = context.graph.plain(context.value(indices!));
  const dtype = dtypeOf((attrs['dtype'] as 'float32' | undefined) ?? 'float32');
  const on = (attrs['onValue'] as number | undefined) ?? 1;
  const off = (attrs['offValue'] as number | undefined) ?? 0;
  const { graph } = context;
  // A comparison, not ONNX's OneHot: that wraps negative indices, where tfjs leaves their rows off, and takes no scalars.
  const column = [...index.shape, 1];
  const classes = graph.constant({
    data: Int32Array.from({ length: depth }, (_, i) => i),
    shape: [depth],
    dtype: 'int32',
  });
  const shape = [...index.shape, depth];
  const hit = graph.op('Equal', [graph.reshapePhysical(index, column, { shape: column, dtype: 'int32' }), classes], {
    shape,
    dtype: 'bool',
  });
  // ONNX Runtime does not choose between booleans.
  const number = dtype === 'bool' ? 'int32' : dtype;
  const chosen = graph.op('Where', [hit, graph.scalar(on, number), graph.scalar(off, number)], {
    shape,
    dtype: number,
  });
  return context.tensor(dtype === 'bool' ? graph.op('Cast', [chosen], { shape, dtype }, { to: int(9) }) : chosen);
};

/** Gradient of gather: rows of x added up by segment, as a product with the one-hot matrix of the ids. */
const unsortedSegmentSum: Lowering = (context, { x, segmentIds }, attrs) => {
  const count = attrs['numSegments'] as number;
  const { graph } = context;
  const value = graph.plain(context.value(x!));
  const rows = sizeOf(segmentIds!.shape);
  const width = sizeOf(value.shape) / rows;
  const hot = context.value(oneHot(context, { indices: segmentIds! }, { depth: count }) as TensorInfo);
  const matrix = graph.transpose(hot.name, [1, 0], { shape: [count, rows], dtype: 'float32' });
  const flat = graph.reshapePhysical(value, [rows, width], { shape: [rows, width], dtype: 'float32' });
  const product = graph.op('MatMul', [matrix, flat], { shape: [count, width], dtype: 'float32' });
  return reshapeTo(context, context.tensor(product), [count, ...value.shape.slice(segmentIds!.shape.length)]);
};

const range: Lowering = (context, _, attrs) => {
  const { start, stop, step, dtype } = attrs as {
    start: number;
    stop: number;
    step: number;
    dtype: 'float32' | 'int32';
  };
  const length = Math.max(0, Math.ceil((stop - start) / step));
  const numbers = Array.from({ length }, (_unused, i) => start + i * step);
  const data = dtype === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers);
  return context.tensor(context.graph.constant({ data, shape: [length], dtype: dtypeOf(dtype) }));
};

const linSpace: Lowering = (context, _, attrs) => {
  const { start, stop, num } = attrs as { start: number; stop: number; num: number };
  const step = num > 1 ? (stop - start) / (num - 1) : 0;
  const data = Float32Array.from({ length: num }, (_unused, i) => start + i * step);
  return context.tensor(context.graph.constant({ data, shape: [num], dtype: 'float32' }));
};

export const ARRANGEMENT: LoweringTable = {
  Reshape: reshape,
  ExpandDims: expandDims,
  Transpose: transpose,
  Concat: concat,
  Pack: pack,
  Unpack: unpack,
  SplitV: splitV,
  Slice: slice,
  StridedSlice: stridedSlice,
  Reverse: reverse,
  PadV2: (context, { x }, attrs) =>
    padded(context, x!, attrs['paddings'] as [number, number][], 'constant', attrs['constantValue'] as number),
  MirrorPad: (context, { x }, attrs) => {
    if (attrs['mode'] !== 'reflect')
      throw new TypeError("mirrorPad mode 'symmetric' cannot be traced; ONNX only has 'reflect'");
    return padded(context, x!, attrs['paddings'] as [number, number][], 'reflect');
  },
  Tile: tile,
  BroadcastTo: (context, { x }, attrs) => {
    const shape = attrs['shape'] as number[];
    const spec = { shape, dtype: dtypeOf(x!.dtype) };
    return context.tensor(
      context.graph.op('Expand', [operand(context, x!, 'plain'), context.graph.int64(shape)], spec),
    );
  },
  GatherV2: gather,
  OneHot: oneHot,
  UnsortedSegmentSum: unsortedSegmentSum,
  Range: range,
  LinSpace: linSpace,
  Fill: (context, _, attrs) => {
    const value = attrs['value'] as number;
    const dtype = (attrs['dtype'] as 'float32' | undefined) ?? 'float32';
    return context.filled(attrs['shape'] as number[], dtypeOf(dtype), value);
  },
  ZerosLike: (context, { x }) => context.filled(x!.shape, dtypeOf(x!.dtype), 0),
  OnesLike: (context, { x }) => context.filled(x!.shape, dtypeOf(x!.dtype), 1),
};
