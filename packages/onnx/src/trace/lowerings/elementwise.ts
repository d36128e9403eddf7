import type { DType } from '@asc/core';
import { type NamedAttrMap, type TensorInfo, backend_util } from '@tensorflow/tfjs-core';
import { type Attributes, float, int } from '../graph-builder.js';
import { type Lowering, type LoweringContext, type LoweringTable, dtypeOf } from '../lowering.js';
import { type Layout, type Value, physicalShape, sameShape, sizeOf } from '../value.js';

/** An operand laid out so that plain ONNX broadcasting against a result in `layout` gives what tfjs would. */
export function operand(context: LoweringContext, tensor: TensorInfo, layout: Layout): Value {
  const { graph } = context;
  const size = sizeOf(tensor.shape);
  const uniform = context.uniform(tensor);
  if (uniform !== undefined) return graph.scalar(uniform, dtypeOf(tensor.dtype));
  const value = context.compact(tensor);
  if (layout === 'plain' || size === 1) return value.layout === 'plain' ? value : graph.plain(value);
  if (value.shape.length === 4) return graph.channelsFirst(value);
  // Ranks below 4 align with the last axes: (C) → (C,1,1), (T,C) → (1,C,1,T) …
  const [f, t, c] = [1, 1, 1, ...value.shape].slice(-3) as [number, number, number];
  const logical = [1, f, t, c];
  if (f * t === 1) return graph.reshapePhysical(value, [c, 1, 1], { shape: [c, 1, 1], dtype: value.dtype });
  return graph.channelsFirst(graph.reshapePhysical(value, logical, { shape: logical, dtype: value.dtype }));
}

/** The memory order a result should have: that of its largest operand. */
export function commonLayout(context: LoweringContext, tensors: readonly TensorInfo[], rank: number): Layout {
  if (rank !== 4) return 'plain';
  let layout: Layout = 'plain';
  let largest = -1;
  for (const tensor of tensors) {
    if (context.constant(tensor) !== undefined) continue;
    const value = context.compact(tensor);
    const size = sizeOf(value.shape);
    if (size > largest || (size === largest && value.layout === 'channels-first')) {
      largest = size;
      layout = value.layout;
    }
  }
  return layout;
}

/** One ONNX op over broadcast operands; the result is broadcast where they only repeat. */
export function elementwise(
  context: LoweringContext,
  op: string,
  tensors: readonly TensorInfo[],
  outShape: readonly number[],
  dtype: DType,
  attributes: Attributes = {},
): TensorInfo {
  const { graph } = context;
  const layout = commonLayout(context, tensors, outShape.length);
  const operands = tensors.map((t) => operand(context, t, layout));
  const full = { shape: outShape, dtype, layout };
  const covered = broadcastShape(operands.map((v) => graph.valueInfo.get(v.name)!.shape as number[]));
  if (sameShape(covered, physicalShape(full))) return context.tensor(graph.op(op, operands, full, attributes));
  // Logical shape of what was computed, ranks filled up with ones.
  const aligned = [...outShape.slice(covered.length).map(() => 1), ...covered];
  const [b, c, f, t] = aligned;
  const shape = layout === 'plain' ? aligned : [b!, f!, t!, c!];
  const small = graph.op(op, operands, { shape: covered, dtype }, attributes);
  return context.broadcast(graph.reshapePhysical(small, aligned, { shape, dtype, layout }), outShape);
}

function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  return shapes.reduce<number[]>((a, b) => backend_util.assertAndGetBroadcastShape(a, [...b]), []);
}

type Arithmetic = (a: number, b: number) => number;

function binary(op: string, fold?: Arithmetic, simplify?: Simplify): Lowering {
  return (context, { a, b }) => {
    const outShape = backend_util.assertAndGetBroadcastShape(a!.shape, b!.shape);
    const dtype = dtypeOf(a!.dtype);
    const ua = context.uniform(a!);
    const ub = context.uniform(b!);
    if (fold !== undefined && ua !== undefined && ub !== undefined) {
      const folded = fold(ua, ub);
      return context.filled(outShape, dtype, dtype === 'int32' ? Math.trunc(folded) : folded);
    }
    const simple = simplify?.(ua, ub);
    if (simple === 'a') return spread(context, a!, outShape);
    if (simple === 'b') return spread(context, b!, outShape);
    if (simple === 'zero') return context.filled(outShape, dtype, 0);
    return elementwise(context, op, [a!, b!], outShape, dtype);
  };
}

/** `tensor` repeated to `shape`. */
function spread(context: LoweringContext, tensor: TensorInfo, shape: readonly number[]): TensorInfo {
  if (sameShape(tensor.shape, shape)) return context.alias(tensor);
  const uniform = context.uniform(tensor);
  if (uniform !== undefined) return context.filled(shape, dtypeOf(tensor.dtype), uniform);
  const value = context.compact(tensor);
  if (value.shape.length === shape.length) return context.broadcast(value, shape);
  const plain = context.graph.plain(value);
  const aligned = [...shape.slice(plain.shape.length).map(() => 1), ...plain.shape];
  return context.broadcast(
    context.graph.reshapePhysical(plain, aligned, { shape: aligned, dtype: plain.dtype }),
    shape,
  );
}

/** Which operand the result equals, where one of them is a number that makes the op trivial. */
type Simplify = (a: number | undefined, b: number | undefined) => 'a' | 'b' | 'zero' | undefined;

const f32 = Math.fround;

const comparison =
  (op: string): Lowering =>
  (context, { a, b }) =>
    elementwise(context, op, [a!, b!], backend_util.assertAndGetBroadcastShape(a!.shape, b!.shape), 'bool');

const notEqual: Lowering = (context, { a, b }) => {
  const shape = backend_util.assertAndGetBroadcastShape(a!.shape, b!.shape);
  const equal = elementwise(context, 'Equal', [a!, b!], shape, 'bool');
  return elementwise(context, 'Not', [equal], shape, 'bool');
};

function unary(op: string, attributes: (attrs: NamedAttrMap) => Attributes = () => ({}), dtype?: DType): Lowering {
  return (context, inputs, attrs) => {
    const x = Object.values(inputs)[0]!;
    return elementwise(context, op, [x], x.shape, dtype ?? dtypeOf(x.dtype), attributes(attrs));
  };
}

/** An op made of several: `body` combines values; `s` makes float scalars. */
function composed(
  body: (
    apply: (op: string, ...operands: Value[]) => Value,
    x: Value,
    s: (v: number) => Value,
    attrs: NamedAttrMap,
  ) => Value,
): Lowering {
  return (context, inputs, attrs) => {
    const x = context.value(Object.values(inputs)[0]!);
    const { graph } = context;
    const spec = { shape: x.shape, dtype: x.dtype, layout: x.layout };
    return context.tensor(
      body(
        (op, ...operands) => graph.op(op, operands, spec),
        x,
        (v) => graph.scalar(v, x.dtype),
        attrs,
      ),
    );
  };
}

const squaredDifference: Lowering = (context, { a, b }) => {
  const shape = backend_util.assertAndGetBroadcastShape(a!.shape, b!.shape);
  const d = elementwise(context, 'Sub', [a!, b!], shape, dtypeOf(a!.dtype));
  return elementwise(context, 'Mul', [d, d], shape, dtypeOf(a!.dtype));
};

/** tfjs FloorDiv: ⌊a/b⌋ as int32 for both element types. */
const floorDiv: Lowering = (context, { a, b }) => {
  const shape = backend_util.assertAndGetBroadcastShape(a!.shape, b!.shape);
  const asFloat = (t: TensorInfo): TensorInfo =>
    t.dtype === 'float32' ? t : elementwise(context, 'Cast', [t], t.shape, 'float32', { to: int(1) });
  const quotient = elementwise(context, 'Div', [asFloat(a!), asFloat(b!)], shape, 'float32');
  const floored = elementwise(context, 'Floor', [quotient], shape, 'float32');
  return elementwise(context, 'Cast', [floored], shape, 'int32', { to: int(6) });
};

/** tfjs Mod has the sign of the divisor; ONNX has that for whole numbers only. */
const mod: Lowering = (context, { a, b }) => {
  const shape = backend_util.assertAndGetBroadcastShape(a!.shape, b!.shape);
  if (a!.dtype !== 'float32') return elementwise(context, 'Mod', [a!, b!], shape, dtypeOf(a!.dtype));
  const remainder = elementwise(context, 'Mod', [a!, b!], shape, 'float32', { fmod: int(1) });
  const product = elementwise(context, 'Mul', [remainder, b!], shape, 'float32');
  const opposite = elementwise(context, 'Less', [product, context.filled([], 'float32', 0)], shape, 'bool');
  const turned = elementwise(context, 'Add', [remainder, b!], shape, 'float32');
  return elementwise(context, 'Where', [opposite, turned, remainder], shape, 'float32');
};

const addN: Lowering = (context, inputs) => {
  const parts = Object.values(inputs).filter((t) => context.uniform(t) !== 0);
  const first = Object.values(inputs)[0]!;
  if (parts.length === 0) return context.filled(first.shape, dtypeOf(first.dtype), 0);
  if (parts.length === 1) return context.alias(parts[0]!);
  return parts.reduce((sum, part) => elementwise(context, 'Add', [sum, part], first.shape, dtypeOf(first.dtype)));
};

const ONNX_TO = { float32: 1, int32: 6, bool: 9 } as const;

const cast: Lowering = (context, { x }, attrs) => {
  const to = dtypeOf(attrs['dtype'] as 'float32');
  if (x!.dtype === to) return context.alias(x!);
  const uniform = context.uniform(x!);
  if (uniform !== undefined) {
    return context.filled(
      x!.shape,
      to,
      to === 'float32' ? uniform : to === 'int32' ? Math.trunc(uniform) : Number(uniform !== 0),
    );
  }
  return elementwise(context, 'Cast', [x!], x!.shape, to, { to: int(ONNX_TO[to]) });
};

/** Turns any positive normal number into 1 or more, and stays finite itself. */
export const STEEP = 3e38;

/**
 * tfjs Step: 1 where x > 0, alpha elsewhere (0 by default). Of real numbers as a very steep HardSigmoid, one vectorised pass
 * where a comparison and a cast or choice are several slow ones; with another alpha, NaN becomes alpha.
 */
const step: Lowering = (context, { x }, attrs) => {
  const alpha = (attrs['alpha'] as number | undefined) ?? 0;
  const dtype = dtypeOf(x!.dtype);
  if (alpha === 0 && dtype === 'float32') {
    return elementwise(context, 'HardSigmoid', [x!], x!.shape, dtype, { alpha: float(STEEP), beta: float(0) });
  }
  const zero = context.filled([], dtype, 0);
  const positive = elementwise(context, 'Greater', [x!, zero], x!.shape, 'bool');
  if (alpha === 0) return elementwise(context, 'Cast', [positive], x!.shape, dtype, { to: int(ONNX_TO[dtype]) });
  const [one, other] = [context.filled([], dtype, 1), context.filled([], dtype, alpha)];
  return elementwise(context, 'Where', [positive, one, other], x!.shape, dtype);
};

const select: Lowering = (context, { condition, t, e }) => {
  const shape = t!.shape;
  let mask = condition!;
  if (mask.shape.length < shape.length) {
    // tfjs lets a vector choose whole rows.
    const expanded = [...mask.shape, ...shape.slice(mask.shape.length).map(() => 1)];
    mask = context.tensor(
      context.graph.reshapePhysical(context.graph.plain(context.value(mask)), expanded, {
        shape: expanded,
        dtype: 'bool',
      }),
    );
  }
  if (t!.dtype !== 'bool') return elementwise(context, 'Where', [mask, t!, e!], shape, dtypeOf(t!.dtype));
  // ONNX Runtime does not choose between booleans.
  const [yes, no] = [t!, e!].map((x) => elementwise(context, 'Cast', [x], x.shape, 'int32', { to: int(6) }));
  const chosen = elementwise(context, 'Where', [mask, yes!, no!], shape, 'int32');
  return elementwise(context, 'Cast', [chosen], shape, 'bool', { to: int(9) });
};

const prelu: Lowering = (context, { x, alpha }) => elementwise(context, 'PRelu', [x!, alpha!], x!.shape, 'float32');

const clip: Lowering = (context, { x }, attrs) => {
  const min = context.filled([], dtypeOf(x!.dtype), attrs['clipValueMin'] as number);
  const max = context.filled([], dtypeOf(x!.dtype), attrs['clipValueMax'] as number);
  return elementwise(context, 'Clip', [x!, min, max], x!.shape, dtypeOf(x!.dtype));
};

/** dy · (y > 0 ? 1 : y + 1), y the Elu's result. */
const eluGrad: Lowering = (context, { dy, y }) => {
  const one = context.filled([], 'float32', 1);
  const slope = elementwise(
    context,
    'Min',
    [one, elementwise(context, 'Add', [y!, one], y!.shape, 'float32')],
    y!.shape,
    'float32',
  );
  return elementwise(context, 'Mul', [dy!, slope], y!.shape, 'float32');
};

export const ELEMENTWISE: LoweringTable = {
  Add: binary(
    'Add',
    (a, b) => f32(a + b),
    (a, b) => (a === 0 ? 'b' : b === 0 ? 'a' : undefined),
  ),
  Sub: binary(
    'Sub',
    (a, b) => f32(a - b),
    (_, b) => (b === 0 ? 'a' : undefined),
  ),
  Multiply: binary(
    'Mul',
    (a, b) => f32(a * b),
    (a, b) => (a === 0 || b === 0 ? 'zero' : a === 1 ? 'b' : b === 1 ? 'a' : undefined),
  ),
  RealDiv: binary(
    'Div',
    (a, b) => f32(a / b),
    (_, b) => (b === 1 ? 'a' : undefined),
  ),
  Maximum: binary('Max', Math.max),
  Minimum: binary('Min', Math.min),
  Pow: binary(
    'Pow',
    (a, b) => f32(a ** b),
    (_, b) => (b === 1 ? 'a' : undefined),
  ),
  FloorDiv: floorDiv,
  Mod: mod,
  SquaredDifference: squaredDifference,
  AddN: addN,
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  Equal: comparison('Equal'),
  NotEqual: notEqual,
  LogicalAnd: comparison('And'),
  LogicalOr: comparison('Or'),
  LogicalNot: unary('Not', () => ({}), 'bool'),
  Select: select,
  Identity: (context, inputs) => context.alias(Object.values(inputs)[0]!),
  Cast: cast,
  Step: step,
  Prelu: prelu,
  ClipByValue: clip,
  EluGrad: eluGrad,
  Abs: unary('Abs'),
  Acos: unary('Acos'),
  Acosh: unary('Acosh'),
  Asin: unary('Asin'),
  Asinh: unary('Asinh'),
  Atan: unary('Atan'),
  Atanh: unary('Atanh'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Cosh: unary('Cosh'),
  Elu: unary('Elu'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  IsInf: unary('IsInf', () => ({}), 'bool'),
  IsNan: unary('IsNaN', () => ({}), 'bool'),
  LeakyRelu: unary('LeakyRelu', (attrs) => ({ alpha: float(attrs['alpha'] as number) })),
  Log: unary('Log'),
  Neg: unary('Neg'),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Round: unary('Round'),
  Selu: unary('Selu'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Sinh: unary('Sinh'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Tan: unary('Tan'),
  Tanh: unary('Tanh'),
  Relu6: composed((apply, x, s) => apply('Clip', x, s(0), s(6))),
  Rsqrt: composed((apply, x) => apply('Reciprocal', apply('Sqrt', x))),
  Square: composed((apply, x) => apply('Mul', x, x)),
  Expm1: composed((apply, x, s) => apply('Sub', apply('Exp', x), s(1))),
  Log1p: composed((apply, x, s) => apply('Log', apply('Add', x, s(1)))),
};
