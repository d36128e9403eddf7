import { type DType } from '@asc/core';
import { type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { int } from '../graph-builder.js';
import { type Lowering, type LoweringContext, type LoweringTable, dtypeOf } from '../lowering.js';
import { type Value, physicalAxis, physicalShape } from '../value.js';

/**
 * The steps of a reduction, the innermost axes first. ONNX Runtime 1.30 sums the two innermost axes fast and in several parts;
 * over outer axes together it adds number after number, which loses digits, and over axes that do not touch slowly besides.
 */
function stepsOf(axes: readonly number[], rank: number): number[][] {
  const inner = axes.filter((axis) => axis >= rank - 2);
  const outer = axes.filter((axis) => axis < rank - 2).map((axis) => [axis]);
  return [...(inner.length > 0 ? [inner] : []), ...outer.reverse()];
}

/** `x` with size 1 at the axes `gone`, in memory order. */
export function without({ shape, dtype, layout }: Value, gone: readonly number[]): Omit<Value, 'name'> {
  return { shape: shape.map((d, i) => (gone.includes(physicalAxis(layout, i)) ? 1 : d)), dtype, layout };
}

/** Whether a reduction is over all cells of a map (B, F, T, C) and leaves (C). */
export function isPerChannel({ shape }: TensorInfo, attrs: NamedAttrMap): boolean {
  if (shape.length !== 4 || attrs['keepDims'] === true) return false;
  return util.parseAxisParam(attrs['axis'] as number[], shape).join() === '0,1,2';
}

/** A way to sum over the last of `axes` (in memory order) faster, where `x` allows it: the sum, and the axes it is over. */
export type ShortCut = (
  context: LoweringContext,
  x: Value,
  axes: readonly number[],
) => { readonly sum: Value; readonly summed: readonly number[] } | undefined;

/** Lays out the result of removing `axes` (logical) from `x`, whatever order `x` lies in. */
export function reduce(
  context: LoweringContext,
  op: string,
  x: Value,
  axes: readonly number[],
  keepDims: boolean,
  shortCut?: ShortCut,
): Value {
  const { graph } = context;
  if (axes.length === 0) return x;
  const physicalAxes = axes.map((a) => physicalAxis(x.layout, a)).sort((a, b) => a - b);
  const isSpatialMean = op === 'ReduceMean' && x.layout === 'channels-first' && physicalAxes.join() === '2,3';
  const inSteps = (from: Value, left: readonly number[]): Value =>
    stepsOf(left, x.shape.length).reduce(
      (part, step) => graph.op(op, [part, graph.int64(step)], without(part, step), { keepdims: int(1) }),
      from,
    );
  const short = shortCut?.(context, x, physicalAxes);
  let full: Value;
  if (short !== undefined) {
    const { sum, summed } = short;
    const count = summed.reduce((product, axis) => product * physicalShape(x)[axis]!, 1);
    const part = op === 'ReduceMean' ? graph.op('Mul', [sum, graph.scalar(1 / count)], sum) : sum;
    full = inSteps(
      part,
      physicalAxes.filter((axis) => !summed.includes(axis)),
    );
  } else {
    // The spatial mean's form is the one that has fused and 8-bit kernels.
    full = isSpatialMean ? graph.op('GlobalAveragePool', [x], without(x, physicalAxes)) : inSteps(x, physicalAxes);
  }
  if (keepDims) return full;
  const shape = x.shape.filter((_, i) => !axes.includes(i));
  const plain = graph.plain(full);
  return graph.reshapePhysical(plain, shape, { shape, dtype: x.dtype });
}

/** What a reduction makes of one number `count` times. */
const OF_EQUALS: Readonly<Record<string, (value: number, count: number) => number>> = {
  ReduceSum: (value, count) => value * count,
  ReduceMean: (value) => value,
  ReduceMax: (value) => value,
  ReduceMin: (value) => value,
};

/** A tfjs reduction; since opset 18 every ONNX reduction takes its axes as an input. */
export function reduction(op: string, axisName = 'axis', dtype?: DType, shortCut?: ShortCut): Lowering {
  return (context, { x }, attrs) => {
    const axes = util.parseAxisParam((attrs[axisName] ?? attrs['axis']) as number | number[], x!.shape);
    const keepDims = (attrs['keepDims'] as boolean | undefined) ?? false;
    const uniform = context.uniform(x!);
    if (uniform !== undefined && x!.dtype === 'float32' && op in OF_EQUALS) {
      const count = axes.reduce((product, axis) => product * x!.shape[axis]!, 1);
      const kept = x!.shape.map((d, i) => (axes.includes(i) ? 1 : d)).filter((_, i) => keepDims || !axes.includes(i));
      return context.filled(kept, 'float32', Math.fround(OF_EQUALS[op]!(uniform, count)));
    }
    return context.tensor(reduceTyped(context, op, x!, axes, keepDims, dtype, shortCut));
  };
}

function reduceTyped(
  context: LoweringContext,
  op: string,
  x: TensorInfo,
  axes: number[],
  keepDims: boolean,
  dtype?: DType,
  shortCut?: ShortCut,
): Value {
  const { graph } = context;
  let value = context.value(x);
  // ReduceMean over whole numbers is a float in tfjs; boolean reductions count in int32.
  if (op === 'ReduceMean' && value.dtype !== 'float32') value = castTo(context, value, 'float32');
  if (value.dtype === 'bool') value = castTo(context, value, 'int32');
  const result = reduce(context, op, value, axes, keepDims, shortCut);
  return dtype === undefined || result.dtype === dtype
    ? result
    : graph.op(
        'Cast',
        [result],
        { shape: result.shape, dtype, layout: result.layout },
        { to: int(dtype === 'bool' ? 9 : 6) },
      );
}

function castTo(context: LoweringContext, value: Value, dtype: 'float32' | 'int32'): Value {
  return context.graph.op(
    'Cast',
    [value],
    { shape: value.shape, dtype, layout: value.layout },
    { to: int(dtype === 'float32' ? 1 : 6) },
  );
}

function argument(op: string): Lowering {
  return (context, { x }, attrs) => {
    const axis = util.parseAxisParam(attrs['axis'] as number, x!.shape)[0]!;
    const value = context.graph.plain(context.value(x!));
    const shape = x!.shape.filter((_, i) => i !== axis);
    const wide = context.graph.op(
      op,
      [value],
      { shape, dtype: 'int32', type: 'int64' },
      { axis: int(axis), keepdims: int(0) },
    );
    return context.tensor(context.graph.op('Cast', [wide], { shape, dtype: 'int32' }, { to: int(6) }));
  };
}

function normalised(op: string, input: string, axisName: string): Lowering {
  return (context, inputs, attrs: NamedAttrMap) => {
    const x = context.value(inputs[input]!);
    const axis = util.parseAxisParam(attrs[axisName] as number, [...x.shape])[0]!;
    return context.tensor(
      context.graph.op(
        op,
        [x],
        { shape: x.shape, dtype: dtypeOf('float32'), layout: x.layout },
        { axis: int(physicalAxis(x.layout, axis)) },
      ),
    );
  };
}

const cumsum: Lowering = (context, { x }, attrs) => {
  const value = context.value(x!);
  const axis = physicalAxis(value.layout, util.parseAxisParam(attrs['axis'] as number, x!.shape)[0]!);
  return context.tensor(
    context.graph.op('CumSum', [value, context.graph.scalar(axis, 'int32')], value, {
      exclusive: int(Number(attrs['exclusive'] ?? false)),
      reverse: int(Number(attrs['reverse'] ?? false)),
    }),
  );
};

export const REDUCTION: LoweringTable = {
  Sum: reduction('ReduceSum'),
  Mean: reduction('ReduceMean'),
  Max: reduction('ReduceMax', 'reductionIndices'),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  All: reduction('ReduceMin', 'axis', 'bool'),
  Any: reduction('ReduceMax', 'axis', 'bool'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  Softmax: normalised('Softmax', 'logits', 'dim'),
  LogSoftmax: normalised('LogSoftmax', 'logits', 'axis'),
  Cumsum: cumsum,
};
