import { type Attributes, int, ints } from '../graph-builder.js';
import type { Lowering, LoweringContext, LoweringTable } from '../lowering.js';
import type { Value } from '../value.js';
import { type ConvInfo, convInfo } from './convolution.js';

/** A filter that copies costs each number of each copy a product a tap: with more of them, cutting takes less. */
const MOST_TAPS = 25;

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
      : stackedTaps(context, h * w > MOST_TAPS ? BY_SLICES : copies, input, gradient, info);
    return context.tensor(graph.reshapePhysical(taps, shape, { shape, dtype: 'float32' }));
  };

/** Shifted copies on the channel axis, those of a channel apart (copy, C) or together (C, copy). */
interface Copies {
  readonly order: 'apart' | 'together';
  /** What each of the h·w taps of a filter saw of x, taps in row order. */
  readonly ofTaps: CopiesOf;
  /** x shifted along t by each of the w taps, with all rows of padding. */
  readonly ofColumns: CopiesOf;
  /** dy on the rows that each of the h taps saw of padded x. */
  readonly ofRows: CopiesOf;
}

type CopiesOf = (context: LoweringContext, map: Value, info: ConvInfo) => Value;

/** By operators that cut and join. */
const BY_SLICES: Copies = {
  order: 'apart',
  ofTaps: (context, x, info) => stack(context, shifts(context, padded(context, x, info), info)),
  ofColumns: (context, x, info) => {
    const source = padded(context, x, info);
    const [n, rows, , c] = source.shape as [number, number, number, number];
    const { filterWidth, outWidth, dilationWidth } = info;
    const columns = Array.from({ length: filterWidth }, (_, j) => j * dilationWidth);
    const cut = (left: number): Value =>
      window(context, source, [0, left], [rows, left + outWidth], [1, 1], [n, rows, outWidth, c]);
    return stack(context, columns.map(cut));
  },
  ofRows: (context, dy, { filterHeight, dilationHeight, outHeight, outWidth }) => {
    const [n, , , c] = dy.shape as [number, number, number, number];
    const more = (filterHeight - 1) * dilationHeight;
    const spec = { shape: [n, outHeight + more, outWidth, c], dtype: 'float32', layout: 'channels-first' } as const;
    const placed = Array.from({ length: filterHeight }, (_, i) => {
      const above = i * dilationHeight;
      const pads = context.graph.int64([0, 0, above, 0, 0, 0, more - above, 0]);
      return context.graph.op('Pad', [dy, pads], spec);
    });
    return stack(context, placed);
  },
};

/**
 * By convolutions of each channel with filters that have a single 1: on a processor twice as fast, for what is cut out goes straight
 * where it belongs. A number that is not finite spoils those a filter away from it; so it would soon anyway.
 */
const BY_FILTERS: Copies = {
  order: 'together',
  ofTaps: (context, x, info) => {
    const { filterHeight: h, filterWidth: w, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
    const { top, left, bottom, right } = info.padInfo;
    if (h * w * strideHeight * strideWidth === 1 && top + left + bottom + right === 0) return x;
    const geometry = {
      strides: ints([strideHeight, strideWidth]),
      dilations: ints([dilationHeight, dilationWidth]),
      pads: ints([top, left, bottom, right]),
    };
    return copiesByFilters(context, x, [h, w], [info.outHeight, info.outWidth], geometry);
  },
  ofColumns: (context, x, { filterWidth, dilationWidth, inHeight, outWidth, padInfo }) => {
    const { top, left, bottom, right } = padInfo;
    const geometry = { dilations: ints([1, dilationWidth]), pads: ints([top, left, bottom, right]) };
    return copiesByFilters(context, x, [1, filterWidth], [inHeight + top + bottom, outWidth], geometry);
  },
  ofRows: (context, dy, { filterHeight, dilationHeight, outHeight, outWidth }) => {
    const more = (filterHeight - 1) * dilationHeight;
    const geometry = { dilations: ints([dilationHeight, 1]), pads: ints([more, 0, more, 0]) };
    return copiesByFilters(context, dy, [filterHeight, 1], [outHeight + more, outWidth], geometry, true);
  },
};

/** A copy of each channel for each tap of a filter (h, w), those of a channel together; taps in row order, or the other way round. */
function copiesByFilters(
  context: LoweringContext,
  map: Value,
  [h, w]: readonly [number, number],
  [height, width]: readonly [number, number],
  geometry: Attributes,
  backwards = false,
): Value {
  const { graph } = context;
  const [n, , , c] = map.shape as [number, number, number, number];
  const taps = h * w;
  const data = new Float32Array(c * taps * taps);
  for (let copy = 0; copy < c * taps; copy++) {
    const tap = copy % taps;
    data[copy * taps + (backwards ? taps - 1 - tap : tap)] = 1;
  }
  const filters = graph.constant({ data, shape: [c * taps, 1, h, w], dtype: 'float32' });
  const spec = { shape: [n, height, width, c * taps], dtype: 'float32', layout: 'channels-first' } as const;
  return graph.op('Conv', [map, filters], spec, { kernel_shape: ints([h, w]), ...geometry, group: int(c) });
}

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

function stack(context: LoweringContext, parts: readonly Value[]): Value {
  if (parts.length === 1) return parts[0]!;
  const [n, f, t, c] = parts[0]!.shape as [number, number, number, number];
  const channels = parts.length * c;
  return context.graph.op(
    'Concat',
    parts,
    { shape: [n, f, t, channels], dtype: 'float32', layout: 'channels-first' },
    { axis: int(1) },
  );
}

/** x with its padding made explicit. */
function padded(context: LoweringContext, x: Value, info: ConvInfo): Value {
  const { top, left, bottom, right } = info.padInfo;
  if (top + left + bottom + right === 0) return x;
  const [n, f, t, c] = x.shape as [number, number, number, number];
  return context.graph.op('Pad', [x, context.graph.int64([0, 0, top, left, 0, 0, bottom, right])], {
    shape: [n, f + top + bottom, t + left + right, c],
    dtype: 'float32',
    layout: 'channels-first',
  });
}

/** What each filter tap saw of x: (B, OH, OW, C) each, taps in row order. */
function shifts(context: LoweringContext, x: Value, info: ConvInfo): Value[] {
  const [n, , , c] = x.shape as [number, number, number, number];
  const { outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const parts: Value[] = [];
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
const depthwiseBackpropFilter: Lowering = (context, { x, dy }, attrs) => {
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

const filterGradients = (copies: Copies): LoweringTable => ({
  Conv2DBackpropFilter: conv2dBackpropFilter(copies),
  DepthwiseConv2dNativeBackpropFilter: depthwiseBackpropFilter,
});

export const FILTER_GRADIENT = filterGradients(BY_SLICES);
/** Copies by convolutions: faster on a processor. */
export const FILTER_GRADIENT_BY_FILTERS = filterGradients(BY_FILTERS);
