import { type NamedAttrMap, type TensorInfo, backend_util } from '@tensorflow/tfjs-core';
import { type Attributes, float, int, ints } from '../graph-builder.js';
import type { Lowering, LoweringContext, LoweringTable } from '../lowering.js';
import { type Value, sameShape } from '../value.js';
import { elementwise } from './elementwise.js';

export type ConvInfo = backend_util.Conv2DInfo;
type Shape4 = [number, number, number, number];

/** Geometry of a tfjs 2-D convolution from its kernel attributes; gradients give the shape of dy. */
export function convInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: NamedAttrMap,
  depthwise: boolean,
  dyShape?: readonly number[],
): ConvInfo {
  if (attrs['dataFormat'] !== undefined && attrs['dataFormat'] !== 'NHWC') {
    throw new TypeError(
      "convolutions with dataFormat 'channelsFirst' cannot be traced; use 'channelsLast' (the graph is channels-first anyway)",
    );
  }
  return roundedInfo(
    (rounding) =>
      backend_util.computeConv2DInfo(
        xShape as Shape4,
        filterShape as Shape4,
        attrs['strides'] as [number, number],
        (attrs['dilations'] as [number, number] | undefined) ?? 1,
        attrs['pad'] as 'same',
        rounding,
        depthwise,
      ),
    attrs,
    dyShape,
  );
}

type Rounding = 'floor' | 'ceil' | undefined;

/**
 * Geometry with its rounding settled. tfjs does not tell gradients how sizes were rounded: the shape of dy does. Where
 * they were rounded up, the last window hangs over the edge, and that overhang is padding too.
 */
export function roundedInfo(
  compute: (rounding: Rounding) => ConvInfo,
  attrs: NamedAttrMap,
  dyShape?: readonly number[],
): ConvInfo {
  const told = compute(attrs['dimRoundingMode'] as Rounding);
  const info = dyShape === undefined || sameShape(told.outShape, dyShape) ? told : compute('ceil');
  const { top, left } = info.padInfo;
  const tall = (info.outHeight - 1) * info.strideHeight + info.effectiveFilterHeight - info.inHeight - top;
  const wide = (info.outWidth - 1) * info.strideWidth + info.effectiveFilterWidth - info.inWidth - left;
  const bottom = Math.max(info.padInfo.bottom, tall);
  const right = Math.max(info.padInfo.right, wide);
  return { ...info, padInfo: { ...info.padInfo, bottom, right } };
}

export function convAttributes(info: ConvInfo, group: number): Attributes {
  const { top, left, bottom, right } = info.padInfo;
  return {
    kernel_shape: ints([info.filterHeight, info.filterWidth]),
    strides: ints([info.strideHeight, info.strideWidth]),
    dilations: ints([info.dilationHeight, info.dilationWidth]),
    pads: ints([top, left, bottom, right]),
    ...(group === 1 ? {} : { group: int(group) }),
  };
}

/** (h, w, in, out) → (out, in, h, w) */
export function filterOihw(context: LoweringContext, filter: Value): Value {
  const [h, w, i, o] = filter.shape as Shape4;
  return context.graph.transpose(filter.name, [3, 2, 0, 1], { shape: [o, i, h, w], dtype: 'float32' });
}

/** (h, w, c, m) → (c·m, 1, h, w) */
function depthwiseFilter(context: LoweringContext, filter: Value): Value {
  const [h, w, c, m] = filter.shape as Shape4;
  const t = context.graph.transpose(filter.name, [2, 3, 0, 1], { shape: [c, m, h, w], dtype: 'float32' });
  const shape = [c * m, 1, h, w];
  return context.graph.reshapePhysical(t, shape, { shape, dtype: 'float32' });
}

/** A filter turned by 180° over its two spatial axes (2 and 3). */
function flipped(context: LoweringContext, filter: Value): Value {
  const { graph } = context;
  const axes = [2, 3].filter((a) => filter.shape[a]! > 1);
  if (axes.length === 0) return filter;
  const minusOnes = graph.int64(axes.map(() => -1));
  return graph.op(
    'Slice',
    [filter, minusOnes, graph.int64(axes.map((a) => -filter.shape[a]! - 1)), graph.int64(axes), minusOnes],
    filter,
  );
}

export function biasVector(context: LoweringContext, bias: TensorInfo): Value {
  const value = context.graph.plain(context.value(bias));
  const size = value.shape[value.shape.length - 1] ?? 1;
  return context.graph.reshapePhysical(value, [size], { shape: [size], dtype: 'float32' });
}

function convolve(
  context: LoweringContext,
  x: TensorInfo,
  filter: TensorInfo,
  attrs: NamedAttrMap,
  depthwise: boolean,
  bias?: TensorInfo,
): TensorInfo {
  const info = convInfo(x.shape, filter.shape, attrs, depthwise);
  const weights = context.graph.plain(context.value(filter));
  const input = context.graph.channelsFirst(context.value(x));
  const kernel = depthwise ? depthwiseFilter(context, weights) : filterOihw(context, weights);
  const isVector =
    bias !== undefined &&
    (bias.shape.length <= 1 || bias.shape.slice(0, -1).every((d) => d === 1)) &&
    bias.shape.at(-1) === info.outChannels;
  const inputs = isVector ? [input, kernel, biasVector(context, bias)] : [input, kernel];
  const y = context.tensor(
    context.graph.op(
      'Conv',
      inputs,
      { shape: info.outShape, dtype: 'float32', layout: 'channels-first' },
      convAttributes(info, depthwise ? info.inChannels : 1),
    ),
  );
  if (bias === undefined || isVector) return y;
  return elementwise(context, 'Add', [y, bias], info.outShape, 'float32');
}

/** Activation of a fused kernel. */
export function activate(context: LoweringContext, y: TensorInfo, attrs: NamedAttrMap, alpha?: TensorInfo): TensorInfo {
  const activation = (attrs['activation'] as string | undefined) ?? 'linear';
  const value = context.value(y);
  const { graph } = context;
  switch (activation) {
    case 'linear':
      return y;
    case 'relu':
      return context.tensor(graph.op('Relu', [value], value));
    case 'relu6':
      return context.tensor(graph.op('Clip', [value, graph.scalar(0), graph.scalar(6)], value));
    case 'elu':
      return context.tensor(graph.op('Elu', [value], value));
    case 'sigmoid':
      return context.tensor(graph.op('Sigmoid', [value], value));
    case 'leakyrelu':
      return context.tensor(
        graph.op('LeakyRelu', [value], value, { alpha: float((attrs['leakyreluAlpha'] as number | undefined) ?? 0.2) }),
      );
    case 'prelu':
      return elementwise(context, 'PRelu', [y, alpha!], y.shape, 'float32');
    default:
      throw new TypeError(`the fused activation '${activation}' cannot be traced`);
  }
}

const fused =
  (depthwise: boolean): Lowering =>
  (context, { x, filter, bias, preluActivationWeights }, attrs) =>
    activate(context, convolve(context, x!, filter!, attrs, depthwise, bias), attrs, preluActivationWeights);

/** d(conv)/dx: at stride 1 a convolution with the turned filter, which is faster than ConvTranspose. */
const conv2dBackpropInput: Lowering = (context, { dy, filter }, attrs) => {
  const info = convInfo(attrs['inputShape'] as number[], filter!.shape, attrs, false, dy!.shape);
  const { graph } = context;
  const gradient = graph.channelsFirst(context.value(dy!));
  const weights = graph.plain(context.value(filter!));
  const [h, w, i, o] = weights.shape as Shape4;
  const spec = { shape: info.inShape, dtype: 'float32' as const, layout: 'channels-first' as const };
  if (info.strideHeight === 1 && info.strideWidth === 1) {
    const turned = flipped(
      context,
      graph.transpose(weights.name, [2, 3, 0, 1], { shape: [i, o, h, w], dtype: 'float32' }),
    );
    return context.tensor(graph.op('Conv', [gradient, turned], spec, turnedAttributes(info, 1)));
  }
  return context.tensor(
    graph.op('ConvTranspose', [gradient, filterOihw(context, weights)], spec, transposedAttributes(info, 1)),
  );
};

const depthwiseBackpropInput: Lowering = (context, { dy, filter }, attrs) => {
  const info = convInfo(attrs['inputShape'] as number[], filter!.shape, attrs, true, dy!.shape);
  const { graph } = context;
  const gradient = graph.channelsFirst(context.value(dy!));
  const kernel = depthwiseFilter(context, graph.plain(context.value(filter!)));
  const spec = { shape: info.inShape, dtype: 'float32' as const, layout: 'channels-first' as const };
  const single = info.outChannels === info.inChannels;
  if (single && info.strideHeight === 1 && info.strideWidth === 1) {
    return context.tensor(
      graph.op('Conv', [gradient, flipped(context, kernel)], spec, turnedAttributes(info, info.inChannels)),
    );
  }
  return context.tensor(
    graph.op('ConvTranspose', [gradient, kernel], spec, transposedAttributes(info, info.inChannels)),
  );
};

export function turnedAttributes(info: ConvInfo, group: number): Attributes {
  const tall = (info.filterHeight - 1) * info.dilationHeight;
  const wide = (info.filterWidth - 1) * info.dilationWidth;
  const { top, left } = info.padInfo;
  // Whatever the forward pass left unread at the far edge gets padding, so that the result has the input's size.
  const bottom = info.inHeight - 1 + tall - (tall - top) - (info.outHeight - 1);
  const right = info.inWidth - 1 + wide - (wide - left) - (info.outWidth - 1);
  return {
    kernel_shape: ints([info.filterHeight, info.filterWidth]),
    dilations: ints([info.dilationHeight, info.dilationWidth]),
    pads: ints([tall - top, wide - left, bottom, right]),
    ...(group === 1 ? {} : { group: int(group) }),
  };
}

function transposedAttributes(info: ConvInfo, group: number): Attributes {
  const { top, left } = info.padInfo;
  const tall = (info.filterHeight - 1) * info.dilationHeight + 1;
  const wide = (info.filterWidth - 1) * info.dilationWidth + 1;
  // Rows past the last window the forward pass used get zero gradient: output padding adds them, negative crops.
  const extraHeight = info.inHeight + top - ((info.outHeight - 1) * info.strideHeight + tall);
  const extraWidth = info.inWidth + left - ((info.outWidth - 1) * info.strideWidth + wide);
  return {
    kernel_shape: ints([info.filterHeight, info.filterWidth]),
    strides: ints([info.strideHeight, info.strideWidth]),
    dilations: ints([info.dilationHeight, info.dilationWidth]),
    pads: ints([top, left, Math.max(0, -extraHeight), Math.max(0, -extraWidth)]),
    output_padding: ints([Math.max(0, extraHeight), Math.max(0, extraWidth)]),
    ...(group === 1 ? {} : { group: int(group) }),
  };
}

export const CONVOLUTION: LoweringTable = {
  Conv2D: (context, { x, filter }, attrs) => convolve(context, x!, filter!, attrs, false),
  FusedConv2D: fused(false),
  DepthwiseConv2dNative: (context, { x, filter }, attrs) => convolve(context, x!, filter!, attrs, true),
  FusedDepthwiseConv2D: fused(true),
  Conv2DBackpropInput: conv2dBackpropInput,
  DepthwiseConv2dNativeBackpropInput: depthwiseBackpropInput,
};
