import { type backend_util } from '@tensorflow/tfjs-core';
import { int, ints } from '../graph-builder.js';
import type { Lowering, LoweringContext, LoweringTable } from '../lowering.js';
import type { Value } from '../value.js';
import { type AxisMap, mapAxes, mapsAxesFast } from './axis-maps.js';
import { convInfo } from './convolution.js';

/**
 * dW[i,j,c,o] = Σ_{b,f,t} x[b, c, f·s+i·d−p, t·s+j·d−p] · dy[b, o, f, t].
 *
 * ONNX has no such op. Written as matrix products over the spatial axis: shifted copies of x are stacked on its channel
 * axis, and one batched MatMul against dyᵀ gives all taps at once. Copies are what costs, so where the filter is square-ish
 * the shifts are shared between the operands: x shifted along t only (w copies), dy shifted along f only (h copies), and
 * one (w·C) × (h·O) product gives all h·w taps. Only stride 1 allows that.
 */
const conv2dBackpropFilter =
  (byProducts: boolean): Lowering =>
  (context, { x, dy }, attrs) => {
    const shape = attrs['filterShape'] as number[];
    const info = convInfo(x!.shape, shape, attrs, false, dy!.shape);
    const { graph } = context;
    const input = graph.channelsFirst(context.value(x!));
    const gradient = graph.channelsFirst(context.value(dy!));
    const [h, w, ci, co] = shape as [number, number, number, number];
    const shared = info.strideHeight === 1 && info.strideWidth === 1 && h > 1 && w > 1 && h * co + w * ci < h * w * ci;
    const taps = shared
      ? sharedShifts(context, input, gradient, info)
      : stackedTaps(context, input, gradient, info, byProducts);
    return context.tensor(graph.reshapePhysical(taps, [h, w, ci, co], { shape: [h, w, ci, co], dtype: 'float32' }));
  };

/** All h·w shifted copies of x against dy: → (h·w·C, O). */
function stackedTaps(
  context: LoweringContext,
  x: Value,
  dy: Value,
  info: backend_util.Conv2DInfo,
  byProducts: boolean,
): Value {
  const { graph } = context;
  const [n, , , ci] = x.shape as [number, number, number, number];
  const area = info.outHeight * info.outWidth;
  const taps = info.filterHeight * info.filterWidth;
  const stacked = stack(context, shifts(context, padded(context, x, info), info, byProducts), ci * taps);
  const rows = graph.reshapePhysical(stacked, [n, ci * taps, area], { shape: [n, ci * taps, area], dtype: 'float32' });
  return product(context, rows, flat(context, dy), ci * taps, info.outChannels);
}

/** (B, C, area) × (B, O, area)ᵀ summed over B: (C, O). */
function product(context: LoweringContext, a: Value, b: Value, rows: number, columns: number): Value {
  const { graph } = context;
  const [n, , area] = b.shape as [number, number, number];
  const transposed = graph.transpose(b.name, [0, 2, 1], { shape: [n, area, columns], dtype: 'float32' });
  const perClip = graph.op('MatMul', [a, transposed], { shape: [n, rows, columns], dtype: 'float32' });
  return graph.op(
    'ReduceSum',
    [perClip, graph.int64([0])],
    { shape: [rows, columns], dtype: 'float32' },
    { keepdims: int(0) },
  );
}

function flat(context: LoweringContext, value: Value): Value {
  const [n, f, t, c] = value.shape as [number, number, number, number];
  return context.graph.reshapePhysical(value, [n, c, f * t], { shape: [n, c, f * t], dtype: 'float32' });
}

function stack(context: LoweringContext, parts: readonly Value[], channels: number): Value {
  if (parts.length === 1) return parts[0]!;
  const [n, f, t] = parts[0]!.shape as [number, number, number];
  return context.graph.op(
    'Concat',
    parts,
    { shape: [n, f, t, channels], dtype: 'float32', layout: 'channels-first' },
    { axis: int(1) },
  );
}

/** x with its padding made explicit. */
function padded(context: LoweringContext, x: Value, info: backend_util.Conv2DInfo): Value {
  const { top, left, bottom, right } = info.padInfo;
  if (top + left + bottom + right === 0) return x;
  const [n, f, t, c] = x.shape as [number, number, number, number];
  return context.graph.op('Pad', [x, context.graph.int64([0, 0, top, left, 0, 0, bottom, right])], {
    shape: [n, f + top + bottom, t + left + right, c],
    dtype: 'float32',
    layout: 'channels-first',
  });
}

/**
 * What each filter tap saw of x: (B, OH, OW, C) each, taps in row order. `byProducts` the columns of strides are products with a
 * constant matrix: a `Slice` with steps copies number by number.
 */
function shifts(context: LoweringContext, x: Value, info: backend_util.Conv2DInfo, byProducts: boolean): Value[] {
  const [n, , width, c] = x.shape as [number, number, number, number];
  const { outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const parts: Value[] = [];
  const columns = (j: number): AxisMap => ({
    to: outWidth,
    from: width,
    weight: (to, from) => Number(from === j * dilationWidth + to * strideWidth),
  });
  if (byProducts && strideWidth > 1 && mapsAxesFast(columns(0))) {
    const seen = Array.from({ length: info.filterWidth }, (_, j) => mapAxes(context, x, undefined, columns(j)));
    for (let i = 0; i < info.filterHeight; i++) {
      const top = i * dilationHeight;
      const end = [top + (outHeight - 1) * strideHeight + 1, outWidth];
      for (const map of seen)
        parts.push(window(context, map, [top, 0], end, [strideHeight, 1], [n, outHeight, outWidth, c]));
    }
    return parts;
  }
  for (let i = 0; i < info.filterHeight; i++) {
    for (let j = 0; j < info.filterWidth; j++) {
      const top = i * dilationHeight;
      const left = j * dilationWidth;
      const end = [top + (outHeight - 1) * strideHeight + 1, left + (outWidth - 1) * strideWidth + 1];
      parts.push(window(context, x, [top, left], end, [strideHeight, strideWidth], [n, outHeight, outWidth, c]));
    }
  }
  return parts;
}

function window(
  context: LoweringContext,
  x: Value,
  begin: readonly number[],
  end: readonly number[],
  strides: readonly number[],
  shape: readonly number[],
): Value {
  const { graph } = context;
  const axes = [0, 1].filter((a) => begin[a] !== 0 || end[a] !== x.shape[a + 1] || strides[a] !== 1);
  if (axes.length === 0) return x;
  const pick = (values: readonly number[]): string => graph.int64(axes.map((a) => values[a]!));
  return graph.op('Slice', [x, pick(begin), pick(end), graph.int64(axes.map((a) => a + 2)), pick(strides)], {
    shape,
    dtype: 'float32',
    layout: 'channels-first',
  });
}

/**
 * Stride 1. With rows of padded x numbered r = f + i·d: x shifted along t gives columns X_j (B, C, R, OW); dy placed on the
 * same rows at offset i·d gives D_i (B, O, R, OW); X_j · D_iᵀ is tap (i, j).
 */
function sharedShifts(context: LoweringContext, x: Value, dy: Value, info: backend_util.Conv2DInfo): Value {
  const { graph } = context;
  const [n, , , ci] = x.shape as [number, number, number, number];
  const { filterHeight: h, filterWidth: w, outHeight, outWidth, dilationHeight, dilationWidth, outChannels: co } = info;
  const source = padded(context, x, info);
  const rows = source.shape[1]!;
  const columns = Array.from({ length: w }, (_, j) =>
    window(
      context,
      source,
      [0, j * dilationWidth],
      [rows, j * dilationWidth + outWidth],
      [1, 1],
      [n, rows, outWidth, ci],
    ),
  );
  const placed = Array.from({ length: h }, (_, i) => {
    const above = i * dilationHeight;
    return graph.op('Pad', [dy, graph.int64([0, 0, above, 0, 0, 0, rows - outHeight - above, 0])], {
      shape: [n, rows, outWidth, co],
      dtype: 'float32',
      layout: 'channels-first',
    });
  });
  const a = flat(context, stack(context, columns, w * ci));
  const b = flat(context, stack(context, placed, h * co));
  // (w·C, h·O) → (h, w, C, O)
  const all = product(context, a, b, w * ci, h * co);
  const split = graph.reshapePhysical(all, [w, ci, h, co], { shape: [w, ci, h, co], dtype: 'float32' });
  return graph.op('Transpose', [split], { shape: [h, w, ci, co], dtype: 'float32' }, { perm: ints([2, 0, 1, 3]) });
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
function rowProducts(context: LoweringContext, x: Value, dy: Value, info: backend_util.Conv2DInfo, i: number): Value {
  const { graph } = context;
  const [n, , wide, c] = x.shape as [number, number, number, number];
  const { outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, filterWidth } = info;
  const top = i * dilationHeight;
  const end = [top + (outHeight - 1) * strideHeight + 1, wide];
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
  (byProducts: boolean): Lowering =>
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
    const taps = shifts(context, source, info, byProducts).map((shifted) => {
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

const filterGradients = (byProducts: boolean): LoweringTable => ({
  Conv2DBackpropFilter: conv2dBackpropFilter(byProducts),
  DepthwiseConv2dNativeBackpropFilter: depthwiseBackpropFilter(byProducts),
});

export const FILTER_GRADIENT = filterGradients(false);
/** Columns of strides as products (`axis-maps.ts`): faster on a processor. */
export const FILTER_GRADIENT_BY_PRODUCTS = filterGradients(true);
