import { int, ints } from '../graph-builder.js';
import type { Lowering, LoweringContext, LoweringTable } from '../lowering.js';
import type { Value } from '../value.js';
import { type ConvInfo, convInfo } from './convolution.js';
import { BY_FILTERS, BY_SLICES, type Copies, copiesFor, padded, shifts, window } from './tap-copies.js';

/**
 * dW[i,j,c,o] = Σ_{b,f,t} x[b, c, f·s+i·d−p, t·s+j·d−p] · dy[b, o, f, t].
 *
 * ONNX has no such op. Written as matrix products over the spatial axis: shifted copies of x are stacked on its channel
 * axis, and one batched MatMul against dyᵀ gives all taps at once. Copies are what costs, so where the filter is square-ish
 * the shifts are shared between the operands: x shifted along t only (w copies), dy shifted along f only (h copies), and
 * one (w·C) × (h·O) product gives all h·w taps. Only stride 1 allows that.
 */
const conv2dBackpropFilter =
  (copies: Copies): Lowering =>
  (context, { x, dy }, attrs) => {
    const shape = attrs['filterShape'] as [number, number, number, number];
    const info = convInfo(x!.shape, shape, attrs, false, dy!.shape);
    const { graph } = context;
    const input = graph.channelsFirst(context.value(x!));
    const gradient = graph.channelsFirst(context.value(dy!));
    const [h, w, ci, co] = shape;
    const shared = info.strideHeight === 1 && info.strideWidth === 1 && h > 1 && w > 1 && h * co + w * ci < h * w * ci;
    const taps = shared
      ? sharedShifts(context, copies, input, gradient, info)
      : stackedTaps(context, copiesFor(info, copies), input, gradient, info);
    return context.tensor(graph.reshapePhysical(taps, shape, { shape, dtype: 'float32' }));
  };

/** All h·w shifted copies of x against dy: → (h, w, C, O). */
function stackedTaps(context: LoweringContext, copies: Copies, x: Value, dy: Value, info: ConvInfo): Value {
  const { graph } = context;
  const { filterHeight: h, filterWidth: w, inChannels: ci, outChannels: co } = info;
  const all = product(context, flat(context, copies.ofTaps(context, x, info)), flat(context, dy));
  if (copies.order === 'apart' || h * w === 1) return all;
  const split = graph.reshapePhysical(all, [ci, h, w, co], { shape: [ci, h, w, co], dtype: 'float32' });
  return graph.transpose(split.name, [1, 2, 0, 3], { shape: [h, w, ci, co], dtype: 'float32' });
}

/**
 * (B, rows, area) × (B, columns, area)ᵀ summed over B: (rows, columns). The smaller operand is the one that is turned: kernels copy
 * that one, so a wide product takes up to one and a half times as long as a tall one.
 */
function product(context: LoweringContext, a: Value, b: Value): Value {
  const { graph } = context;
  const [n, rows, area] = a.shape as [number, number, number];
  const columns = b.shape[1]!;
  if (rows < columns) {
    const turned = product(context, b, a);
    return graph.transpose(turned.name, [1, 0], { shape: [rows, columns], dtype: 'float32' });
  }
  const transposed = graph.transpose(b.name, [0, 2, 1], { shape: [n, area, columns], dtype: 'float32' });
  const perClip = graph.op('MatMul', [a, transposed], { shape: [n, rows, columns], dtype: 'float32' });
  const spec = { shape: [rows, columns], dtype: 'float32' as const };
  return graph.op('ReduceSum', [perClip, graph.int64([0])], spec, { keepdims: int(0) });
}

function flat(context: LoweringContext, value: Value): Value {
  const [n, f, t, c] = value.shape as [number, number, number, number];
  return context.graph.reshapePhysical(value, [n, c, f * t], { shape: [n, c, f * t], dtype: 'float32' });
}

/**
 * Stride 1. With rows of padded x numbered r = f + i·d: x shifted along t gives columns X_j (B, C, R, OW); dy placed on the
 * same rows at offset i·d gives D_i (B, O, R, OW); X_j · D_iᵀ is tap (i, j).
 */
function sharedShifts(context: LoweringContext, copies: Copies, x: Value, dy: Value, info: ConvInfo): Value {
  const { graph } = context;
  const { filterHeight: h, filterWidth: w, inChannels: ci, outChannels: co } = info;
  const a = flat(context, copies.ofColumns(context, x, info));
  const b = flat(context, copies.ofRows(context, dy, info));
  const apart = copies.order === 'apart';
  const parts = apart ? [w, ci, h, co] : [ci, w, co, h];
  const split = graph.reshapePhysical(product(context, a, b), parts, {
    shape: parts,
    dtype: 'float32',
  });
  return graph.transpose(split.name, apart ? [2, 0, 1, 3] : [3, 1, 0, 2], { shape: [h, w, ci, co], dtype: 'float32' });
}

/**
 * Widest padded map, in frames for each frame of the filter, whose depthwise filter gradients are products of frames: their
 * work grows with the width, that of products cell by cell does not.
 */
const WIDEST_PRODUCT = 20;

/**
 * Taps (i, ·) of a depthwise filter gradient: (1, C, w). For each clip and channel the frames of x's rows times the frames of
 * dy are one small matrix product, whose cells (t·s + j·d, t) add up to tap j.
 */
function rowProducts(context: LoweringContext, x: Value, dy: Value, info: ConvInfo, i: number): Value {
  const { graph } = context;
  const [n, , wide, c] = x.shape as [number, number, number, number];
  const { outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, filterWidth } = info;
  const top = i * dilationHeight;
  const end = [top + (outHeight - 1) * strideHeight + 1, wide] as const;
  const rows = window(context, x, [top, 0], end, [strideHeight, 1], [n, outHeight, wide, c]);
  const turned = graph.op(
    'Transpose',
    [rows],
    { shape: [n, c, wide, outHeight], dtype: 'float32' },
    { perm: ints([0, 1, 3, 2]) },
  );
  const pairs = graph.op('MatMul', [turned, dy], { shape: [n, c, wide, outWidth], dtype: 'float32' });
  const perChannel = graph.op(
    'ReduceSum',
    [pairs, graph.int64([0])],
    { shape: [c, wide, outWidth], dtype: 'float32' },
    { keepdims: int(0) },
  );
  const chosen = new Float32Array(wide * outWidth * filterWidth);
  for (let j = 0; j < filterWidth; j++) {
    for (let t = 0; t < outWidth; t++) {
      chosen[((t * strideWidth + j * dilationWidth) * outWidth + t) * filterWidth + j] = 1;
    }
  }
  const selection = graph.constant({ data: chosen, shape: [wide * outWidth, filterWidth], dtype: 'float32' });
  const flatPairs = graph.reshapePhysical(perChannel, [1, c, wide * outWidth], {
    shape: [1, c, wide * outWidth],
    dtype: 'float32',
  });
  return graph.op('MatMul', [flatPairs, selection], { shape: [1, c, filterWidth], dtype: 'float32' });
}

/** Depthwise: each tap is Σ_{b,f,t} x_shifted · dy per channel. */
const depthwiseBackpropFilter =
  (given: Copies): Lowering =>
  (context, { x, dy }, attrs) => {
    const shape = attrs['filterShape'] as [number, number, number, number];
    const info = convInfo(x!.shape, shape, attrs, true, dy!.shape);
    const { graph } = context;
    const [h, w, c, m] = shape;
    const source = padded(context, graph.channelsFirst(context.value(x!)), info);
    const gradient = graph.channelsFirst(context.value(dy!));
    const [n, f, t] = gradient.shape as [number, number, number];
    if (m === 1 && source.shape[2]! <= WIDEST_PRODUCT * w) {
      const sums = Array.from({ length: h }, (_, i) => rowProducts(context, source, gradient, info, i));
      const joined = { shape: [h, c, w], dtype: 'float32' as const };
      const all = sums.length === 1 ? sums[0]! : graph.op('Concat', sums, joined, { axis: int(0) });
      const turned = graph.op('Transpose', [all], { shape: [h, w, c], dtype: 'float32' }, { perm: ints([0, 2, 1]) });
      return context.tensor(graph.reshapePhysical(turned, [h, w, c, 1], { shape: [h, w, c, 1], dtype: 'float32' }));
    }
    const copies = copiesFor(info, given);
    if (copies.order === 'together') {
      const all = depthwiseTaps(
        context,
        copies.ofTaps(context, graph.channelsFirst(context.value(x!)), info),
        gradient,
        shape,
      );
      return context.tensor(all);
    }
    const taps = shifts(context, source, info).map((shifted) => {
      if (m === 1) {
        const weighted = graph.op('Mul', [shifted, gradient], gradient);
        return graph.op(
          'ReduceSum',
          [weighted, graph.int64([0, 2, 3])],
          { shape: [c], dtype: 'float32' },
          { keepdims: int(0) },
        );
      }
      const wide = graph.reshapePhysical(shifted, [n, c, 1, f, t], { shape: [n, c, 1, f, t], dtype: 'float32' });
      const many = graph.reshapePhysical(gradient, [n, c, m, f, t], { shape: [n, c, m, f, t], dtype: 'float32' });
      const weighted = graph.op('Mul', [wide, many], many);
      return graph.op(
        'ReduceSum',
        [weighted, graph.int64([0, 3, 4])],
        { shape: [c, m], dtype: 'float32' },
        { keepdims: int(0) },
      );
    });
    const joined = { shape: [h * w * c, ...taps[0]!.shape.slice(1)], dtype: 'float32' as const };
    const all = taps.length === 1 ? taps[0]! : graph.op('Concat', taps, joined, { axis: int(0) });
    return context.tensor(graph.reshapePhysical(all, [h, w, c, m], { shape: [h, w, c, m], dtype: 'float32' }));
  };

/** Copies of each channel, those of a channel together, against its channels of dy: (h, w, C, M). */
function depthwiseTaps(
  context: LoweringContext,
  copies: Value,
  dy: Value,
  shape: [number, number, number, number],
): Value {
  const { graph } = context;
  const [h, w, c, m] = shape;
  const [n, f, t] = dy.shape as [number, number, number];
  const perChannel = (map: Value, rows: number): Value =>
    graph.reshapePhysical(map, [n, c, rows, f * t], { shape: [n, c, rows, f * t], dtype: 'float32' });
  const maps = perChannel(dy, m);
  const turned = graph.transpose(maps.name, [0, 1, 3, 2], { shape: [n, c, f * t, m], dtype: 'float32' });
  const products = { shape: [n, c, h * w, m], dtype: 'float32' as const };
  const perClip = graph.op('MatMul', [perChannel(copies, h * w), turned], products);
  const spec = { shape: [c, h * w, m], dtype: 'float32' as const };
  const sums = graph.op('ReduceSum', [perClip, graph.int64([0])], spec, { keepdims: int(0) });
  const taps = graph.transpose(sums.name, [1, 0, 2], { shape: [h * w, c, m], dtype: 'float32' });
  return graph.reshapePhysical(taps, shape, { shape, dtype: 'float32' });
}

const filterGradients = (copies: Copies): LoweringTable => ({
  Conv2DBackpropFilter: conv2dBackpropFilter(copies),
  DepthwiseConv2dNativeBackpropFilter: depthwiseBackpropFilter(copies),
});

export const FILTER_GRADIENT = filterGradients(BY_SLICES);
/** Copies by convolutions: faster on a processor. */
export const FILTER_GRADIENT_BY_FILTERS = filterGradients(BY_FILTERS);
