import { type NamedAttrMap, backend_util } from '@tensorflow/tfjs-core';
import { type Attributes, float, int, ints, text } from '../graph-builder.js';
import type { Lowering, LoweringContext, LoweringTable } from '../lowering.js';
import { type Value, sizeOf } from '../value.js';
import { type AxisMap, mapAxes, mapsAxesFast, stretchAxes } from './axis-maps.js';
import { roundedInfo } from './convolution.js';
import { STEEP } from './elementwise.js';

type Info = backend_util.Conv2DInfo;

function poolInfo(xShape: readonly number[], attrs: NamedAttrMap, dyShape?: readonly number[]): Info {
  return roundedInfo(
    (rounding) =>
      backend_util.computePool2DInfo(
        xShape as [number, number, number, number],
        attrs['filterSize'] as [number, number],
        attrs['strides'] as [number, number],
        1,
        attrs['pad'] as 'same',
        rounding,
      ),
    attrs,
    dyShape,
  );
}

function poolAttributes(info: Info): Attributes {
  const { top, left, bottom, right } = info.padInfo;
  return {
    kernel_shape: ints([info.filterHeight, info.filterWidth]),
    strides: ints([info.strideHeight, info.strideWidth]),
    pads: ints([top, left, bottom, right]),
  };
}

/** Windows that touch no cell twice, so that a gradient is a placement, not a sum. */
function disjoint(info: Info): boolean {
  return info.strideHeight >= info.filterHeight && info.strideWidth >= info.filterWidth;
}

/** Windows side by side from the first cell on: what lies past the last is padding or not seen. */
function tight(info: Info): boolean {
  const { top, left } = info.padInfo;
  return info.filterHeight === info.strideHeight && info.filterWidth === info.strideWidth && top + left === 0;
}

/**
 * Every cell `kh` × `kw` times. ONNX Runtime has a kernel for a nearest-neighbour Resize by 2 × 2, forty times faster than an Expand
 * between the axes. By other factors a product with a constant matrix is eight times as fast on a processor: `byProducts`.
 */
export function repeated(context: LoweringContext, value: Value, kh: number, kw: number, byProducts: boolean): Value {
  if (kh * kw === 1) return value;
  const { graph } = context;
  const [n, f, t, c] = value.shape as [number, number, number, number];
  const stretched = byProducts && (kh !== 2 || kw !== 2) ? stretchAxes(context, value, kh, kw) : undefined;
  if (stretched !== undefined) return stretched;
  const factors = graph.constant({ data: Float32Array.of(1, 1, kh, kw), shape: [4], dtype: 'float32' });
  return graph.op(
    'Resize',
    [value, '', factors],
    { ...value, shape: [n, f * kh, t * kw, c] },
    {
      mode: text('nearest'),
      coordinate_transformation_mode: text('asymmetric'),
      nearest_mode: text('floor'),
    },
  );
}

const maxPool: Lowering = (context, { x }, attrs) => {
  const info = poolInfo(x!.shape, attrs);
  const { graph } = context;
  const input = graph.channelsFirst(context.value(x!));
  return context.tensor(
    graph.op(
      'MaxPool',
      [input],
      { shape: info.outShape, dtype: 'float32', layout: 'channels-first' },
      poolAttributes(info),
    ),
  );
};

const maxPoolGrad =
  (byProducts: boolean): Lowering =>
  (context, { dy, input }, attrs) => {
    const info = poolInfo(input!.shape, attrs, dy!.shape);
    const { graph } = context;
    const x = graph.channelsFirst(context.value(input!));
    const gradient = graph.channelsFirst(context.value(dy!));
    return context.tensor(
      tight(info) ? byPlaces(context, x, gradient, info, byProducts) : byIndices(context, x, gradient, info),
    );
  };

/** By the indices (int64 offsets into the whole tensor) of the forward pass' own node, which is slow with them: not vectorised. */
function byIndices(context: LoweringContext, x: Value, dy: Value, info: Info): Value {
  const { graph } = context;
  const pooled = { shape: info.outShape, dtype: 'float32' as const, layout: 'channels-first' as const };
  const [, indices] = graph.ops(
    'MaxPool',
    [x],
    [pooled, { ...pooled, dtype: 'int32', type: 'int64' }],
    poolAttributes(info),
  );
  const [n, f, t, c] = info.inShape;
  const spec = { shape: info.inShape, dtype: 'float32' as const, layout: 'channels-first' as const };
  if (disjoint(info)) {
    return graph.op('MaxUnpool', [dy, indices, graph.int64([n, c, f, t])], spec, poolAttributes(info));
  }
  const size = sizeOf(info.inShape);
  const count = sizeOf(info.outShape);
  const flatIndices = graph.op('Reshape', [indices, graph.int64([count])], {
    shape: [count],
    dtype: 'int32',
    type: 'int64',
  });
  const updates = graph.reshapePhysical(dy, [count], { shape: [count], dtype: 'float32' });
  const zeros = graph.op('Expand', [graph.scalar(0), graph.int64([size])], { shape: [size], dtype: 'float32' });
  const scattered = graph.op(
    'ScatterElements',
    [zeros, flatIndices, updates],
    { shape: [size], dtype: 'float32' },
    {
      axis: int(0),
      reduction: { kind: 'string', value: 'add' },
    },
  );
  return graph.op('Reshape', [scattered, graph.int64([n, c, f, t])], spec);
}

/**
 * Windows of finite numbers side by side, without indices. A cell gets its place in the window, counted down to 1, where it is as large as the
 * window's maximum, else 0; the window's highest place is its first maximum, as in tfjs and PyTorch; dy goes there.
 */
function byPlaces(context: LoweringContext, x: Value, dy: Value, info: Info, byProducts: boolean): Value {
  const { graph } = context;
  const [, f, t] = info.inShape;
  const { filterHeight: kh, filterWidth: kw, outHeight, outWidth } = info;
  const [height, width] = [Math.min(f, outHeight * kh), Math.min(t, outWidth * kw)];
  // Cells that no window reaches lie at the far edges.
  const seen = cropped(context, x, height, width);
  const pooled = { shape: info.outShape, dtype: 'float32' as const, layout: 'channels-first' as const };
  const spread = (value: Value): Value => cropped(context, repeated(context, value, kh, kw, byProducts), height, width);
  const pool = (value: Value): Value => graph.op('MaxPool', [value], pooled, poolAttributes(info));
  const places = Float32Array.from({ length: height * width }, (_, at) => {
    const [i, j] = [Math.floor(at / width) % kh, (at % width) % kw];
    return kh * kw - i * kw - j;
  });
  const place = graph.constant({ data: places, shape: [height, width], dtype: 'float32' });
  // The maximum itself where a window has any: whether a cell is as large, 1 or 0.
  const below = graph.op('Sub', [seen, spread(pool(x))], seen);
  const largest = graph.op('HardSigmoid', [below], seen, { alpha: float(STEEP), beta: float(1) });
  const placed = graph.op('Mul', [largest, place], seen);
  const behind = graph.op('Sub', [placed, spread(pool(placed))], seen);
  const first = graph.op('HardSigmoid', [behind], seen, { alpha: float(1), beta: float(1) });
  const dx = graph.op('Mul', [spread(dy), first], seen);
  if (height === f && width === t) return dx;
  return graph.op('Pad', [dx, graph.int64([0, 0, 0, 0, 0, 0, f - height, t - width])], {
    ...seen,
    shape: info.inShape,
  });
}

/** The first `height` rows and `width` columns. */
function cropped(context: LoweringContext, value: Value, height: number, width: number): Value {
  const [n, f, t, c] = value.shape as [number, number, number, number];
  if (f === height && t === width) return value;
  const { graph } = context;
  const [begin, end, axes] = [graph.int64([0, 0]), graph.int64([height, width]), graph.int64([2, 3])];
  return graph.op('Slice', [value, begin, end, axes], { ...value, shape: [n, height, width, c] });
}

const avgPool: Lowering = (context, { x }, attrs) => {
  const info = poolInfo(x!.shape, attrs);
  const { graph } = context;
  const input = graph.channelsFirst(context.value(x!));
  const spec = { shape: info.outShape, dtype: 'float32' as const, layout: 'channels-first' as const };
  const whole =
    info.filterHeight === info.inHeight && info.filterWidth === info.inWidth && info.outHeight * info.outWidth === 1;
  if (whole) return context.tensor(graph.op('GlobalAveragePool', [input], spec));
  return context.tensor(graph.op('AveragePool', [input], spec, poolAttributes(info)));
};

/** How many cells of x each window really covers (padding does not count), as a map (1, OH, OW, 1). */
function coverage(context: LoweringContext, info: Info): Value {
  const data = new Float32Array(info.outHeight * info.outWidth);
  const covered = (o: number, stride: number, pad: number, filter: number, size: number): number => {
    const begin = o * stride - pad;
    return Math.min(begin + filter, size) - Math.max(begin, 0);
  };
  for (let f = 0; f < info.outHeight; f++) {
    for (let t = 0; t < info.outWidth; t++) {
      data[f * info.outWidth + t] =
        covered(f, info.strideHeight, info.padInfo.top, info.filterHeight, info.inHeight) *
        covered(t, info.strideWidth, info.padInfo.left, info.filterWidth, info.inWidth);
    }
  }
  const first = data[0]!;
  if (data.every((v) => v === first)) return context.graph.scalar(first);
  return context.graph.constant({ data, shape: [1, 1, info.outHeight, info.outWidth], dtype: 'float32' });
}

/** dx: each cell of dy / coverage spread over its window. */
const avgPoolGrad =
  (byProducts: boolean): Lowering =>
  (context, { dy, input }, attrs) => {
    const info = poolInfo(input!.shape, attrs, dy!.shape);
    const { graph } = context;
    const gradient = graph.channelsFirst(context.value(dy!));
    const [n, f, t, c] = info.inShape;
    const share = graph.op('Div', [gradient, coverage(context, info)], gradient);
    const spec = { shape: info.inShape, dtype: 'float32' as const, layout: 'channels-first' as const };
    const { filterHeight: kh, filterWidth: kw, outHeight: oh, outWidth: ow } = info;
    if (oh * ow === 1 && kh === f && kw === t)
      return context.tensor(graph.op('Expand', [share, graph.int64([n, c, f, t])], spec));
    if (tight(info)) {
      const map = repeated(context, share, kh, kw, byProducts);
      // Negative pads crop what a ceil-mode window put past the edge.
      if (oh * kh === f && ow * kw === t) return context.tensor(map);
      return context.tensor(graph.op('Pad', [map, graph.int64([0, 0, 0, 0, 0, 0, f - oh * kh, t - ow * kw])], spec));
    }
    const windows = (to: number, from: number, taps: number, stride: number, pad: number): AxisMap => ({
      to,
      from,
      weight: (cell, window) => Number(cell >= window * stride - pad && cell < window * stride - pad + taps),
    });
    const rows = windows(f, oh, kh, info.strideHeight, info.padInfo.top);
    const columns = windows(t, ow, kw, info.strideWidth, info.padInfo.left);
    if (byProducts && mapsAxesFast(rows, columns)) return context.tensor(mapAxes(context, share, rows, columns));
    const ones = graph.constant({
      data: new Float32Array(c * kh * kw).fill(1),
      shape: [c, 1, kh, kw],
      dtype: 'float32',
    });
    const { top, left } = info.padInfo;
    const extraHeight = f + top - ((oh - 1) * info.strideHeight + kh);
    const extraWidth = t + left - ((ow - 1) * info.strideWidth + kw);
    return context.tensor(
      graph.op('ConvTranspose', [share, ones], spec, {
        kernel_shape: ints([kh, kw]),
        strides: ints([info.strideHeight, info.strideWidth]),
        pads: ints([top, left, Math.max(0, -extraHeight), Math.max(0, -extraWidth)]),
        output_padding: ints([Math.max(0, extraHeight), Math.max(0, extraWidth)]),
        group: int(c),
      }),
    );
  };

const gradients = (byProducts: boolean): LoweringTable => ({
  MaxPoolGrad: maxPoolGrad(byProducts),
  AvgPoolGrad: avgPoolGrad(byProducts),
});

export const POOLING: LoweringTable = { MaxPool: maxPool, AvgPool: avgPool, ...gradients(false) };
/** Cells put apart or side by side as products (`axis-maps.ts`): faster on a processor. */
export const POOLING_GRADIENT_BY_PRODUCTS = gradients(true);
