import { type NamedAttrMap, backend_util } from '@tensorflow/tfjs-core';
import { type Attributes, int, ints, text } from '../graph-builder.js';
import type { Lowering, LoweringContext, LoweringTable } from '../lowering.js';
import { type Value, sizeOf } from '../value.js';
import { roundedInfo } from './convolution.js';

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

/** The gradient goes to each window's winner, by the indices (int64 offsets into the whole tensor) of the forward's own node. */
const maxPoolGrad: Lowering = (context, { dy, input }, attrs) => {
  const info = poolInfo(input!.shape, attrs, dy!.shape);
  const { graph } = context;
  const x = graph.channelsFirst(context.value(input!));
  const gradient = graph.channelsFirst(context.value(dy!));
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
    return context.tensor(
      graph.op('MaxUnpool', [gradient, indices, graph.int64([n, c, f, t])], spec, poolAttributes(info)),
    );
  }
  const size = sizeOf(info.inShape);
  const count = sizeOf(info.outShape);
  const flatIndices = graph.op('Reshape', [indices, graph.int64([count])], {
    shape: [count],
    dtype: 'int32',
    type: 'int64',
  });
  const updates = graph.reshapePhysical(gradient, [count], { shape: [count], dtype: 'float32' });
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
  return context.tensor(graph.op('Reshape', [scattered, graph.int64([n, c, f, t])], spec));
};

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
const avgPoolGrad: Lowering = (context, { dy, input }, attrs) => {
  const info = poolInfo(input!.shape, attrs, dy!.shape);
  const { graph } = context;
  const gradient = graph.channelsFirst(context.value(dy!));
  const [n, f, t, c] = info.inShape;
  const share = graph.op('Div', [gradient, coverage(context, info)], gradient);
  const spec = { shape: info.inShape, dtype: 'float32' as const, layout: 'channels-first' as const };
  const { filterHeight: kh, filterWidth: kw, outHeight: oh, outWidth: ow } = info;
  if (oh * ow === 1 && kh === f && kw === t)
    return context.tensor(graph.op('Expand', [share, graph.int64([n, c, f, t])], spec));
  const tight = kh === info.strideHeight && kw === info.strideWidth && info.padInfo.top + info.padInfo.left === 0;
  if (tight) {
    // ONNX Runtime repeats cells forty times faster as a nearest-neighbour Resize than as an Expand between their axes.
    const grown = { shape: [n, oh * kh, ow * kw, c], dtype: 'float32' as const, layout: 'channels-first' as const };
    const factors = graph.constant({ data: Float32Array.of(1, 1, kh, kw), shape: [4], dtype: 'float32' });
    const map = graph.op('Resize', [share, '', factors], grown, {
      mode: text('nearest'),
      coordinate_transformation_mode: text('asymmetric'),
      nearest_mode: text('floor'),
    });
    // Negative pads crop what a ceil-mode window put past the edge.
    if (oh * kh === f && ow * kw === t) return context.tensor({ ...map, ...spec });
    return context.tensor(graph.op('Pad', [map, graph.int64([0, 0, 0, 0, 0, 0, f - oh * kh, t - ow * kw])], spec));
  }
  const ones = graph.constant({ data: new Float32Array(c * kh * kw).fill(1), shape: [c, 1, kh, kw], dtype: 'float32' });
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

export const POOLING: LoweringTable = {
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGrad,
  AvgPool: avgPool,
  AvgPoolGrad: avgPoolGrad,
};
