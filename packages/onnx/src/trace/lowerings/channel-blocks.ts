/**
 * Convolutions in ONNX Runtime's channel-blocked order (B, C/b, F, T, b), which its own optimiser uses for constant weights
 * only. In a training step weights are inputs, so the reordering is written into the graph: kernels that slide over the map,
 * where the others copy it out (`im2col`) for a matrix product. b is 8 or 16, as the registers of the processor are wide.
 *
 * Blocked values go from node to node of this file only. Their declared shape is (B, C′, F, T), C′ = C rounded up to b.
 */
import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { type Attributes, BLOCKED_DOMAIN, int, ints } from '../graph-builder.js';
import type { Lowering, LoweringContext, LoweringTable } from '../lowering.js';
import type { Value } from '../value.js';
import {
  type ConvInfo,
  CONVOLUTION,
  activate,
  biasVector,
  convAttributes,
  convInfo,
  turnedAttributes,
} from './convolution.js';
import { stretchAxes } from './axis-maps.js';
import { elementwise } from './elementwise.js';
import { FILTER_GRADIENT_BY_FILTERS } from './filter-gradient.js';
import { repeated } from './pooling.js';

type Shape4 = [number, number, number, number];

/** ONNX Runtime reorders whole fours of channels. */
const REORDERED_TOGETHER = 4;
/** How many times as much work, for the sake of whole blocks, still pays. */
const MOST_DENSE_WORK = 1.5;
const MOST_DEPTHWISE_WORK = 2;
/** A filter of fewer taps and input channels together is soon applied: bringing its result back in order costs more. */
const LEAST_DIRECT_WORK = 64;

/** The lowerings of convolutions in blocks of `block` channels; where that would be no faster they are the default ones. */
export function blockedLowerings(block: number): LoweringTable {
  const blocks = new Blocks(block);
  const forward =
    (name: string, depthwise: boolean): Lowering =>
    (context, inputs, attrs) => {
      const { x, filter, bias, preluActivationWeights } = inputs;
      const info = convInfo(x!.shape, filter!.shape, attrs, depthwise);
      if (!blocks.suit(info, depthwise)) return fallback(name)(context, inputs, attrs);
      const y = convolve(context, blocks, x!, filter!, info, depthwise, bias);
      return activate(context, y, attrs, preluActivationWeights);
    };
  return {
    ...FALLBACK,
    Conv2D: forward('Conv2D', false),
    FusedConv2D: forward('FusedConv2D', false),
    DepthwiseConv2dNative: forward('DepthwiseConv2dNative', true),
    FusedDepthwiseConv2D: forward('FusedDepthwiseConv2D', true),
    Conv2DBackpropInput: (context, inputs, attrs) =>
      inputGradient(context, blocks, inputs['dy']!, inputs['filter']!, attrs, false) ??
      fallback('Conv2DBackpropInput')(context, inputs, attrs),
    DepthwiseConv2dNativeBackpropInput: (context, inputs, attrs) =>
      inputGradient(context, blocks, inputs['dy']!, inputs['filter']!, attrs, true) ??
      fallback('DepthwiseConv2dNativeBackpropInput')(context, inputs, attrs),
    DepthwiseConv2dNativeBackpropFilter: (context, inputs, attrs) =>
      depthwiseFilterGradient(context, blocks, inputs['x']!, inputs['dy']!, attrs) ??
      fallback('DepthwiseConv2dNativeBackpropFilter')(context, inputs, attrs),
  };
}

const FALLBACK: LoweringTable = { ...CONVOLUTION, ...FILTER_GRADIENT_BY_FILTERS };
const fallback = (name: string): Lowering => FALLBACK[name]!;

/** What blocks of one size can do. */
class Blocks {
  constructor(readonly size: number) {}

  /** Channels rounded up to whole blocks. */
  up(channels: number): number {
    return Math.ceil(channels / this.size) * this.size;
  }

  /** Fewer input channels than a block are read as they lie in memory. */
  readsDirectly(channels: number): boolean {
    return channels < this.size;
  }

  suit({ inChannels, outChannels, filterHeight, filterWidth }: ConvInfo, depthwise: boolean): boolean {
    if (depthwise) return inChannels === outChannels && this.suitDepthwise(inChannels);
    return this.suitDense(filterHeight * filterWidth, inChannels, outChannels);
  }

  private suitDepthwise(channels: number): boolean {
    return channels % REORDERED_TOGETHER === 0 && this.up(channels) <= MOST_DEPTHWISE_WORK * channels;
  }

  private suitDense(taps: number, from: number, to: number): boolean {
    // A 1×1 convolution is a matrix product of the map as it lies.
    if (taps === 1) return false;
    if (this.readsDirectly(from)) return taps * from >= LEAST_DIRECT_WORK && this.up(to) <= MOST_DENSE_WORK * to;
    return from % REORDERED_TOGETHER === 0 && this.up(from) * this.up(to) <= MOST_DENSE_WORK * from * to;
  }
}

/** The value in blocks: (B, F, T, C) → (B, F, T, C′). */
function reordered(context: LoweringContext, blocks: Blocks, value: Value): Value {
  const [b, f, t, c] = value.shape as Shape4;
  const spec = { shape: [b, f, t, blocks.up(c)], dtype: 'float32' as const, layout: 'channels-first' as const };
  return context.graph.op('ReorderInput', [value], spec, {}, BLOCKED_DOMAIN);
}

/** Back from blocks: the first channels of the value. */
function inOrder(context: LoweringContext, value: Value, channels: number): Value {
  const spec = { ...value, shape: [...value.shape.slice(0, 3), channels] };
  return context.graph.op('ReorderOutput', [value], spec, { channels: int(channels) }, BLOCKED_DOMAIN);
}

/** (h, w, in, out) → (out/b, in/b, h, w, b in, b out), or (out/b, in, h, w, b out) of a filter that reads channels as they lie. */
function denseKernel(context: LoweringContext, blocks: Blocks, filter: Value): Value {
  const { graph } = context;
  const b = blocks.size;
  const [h, w, i, o] = filter.shape as Shape4;
  const direct = blocks.readsDirectly(i);
  const [rows, columns] = [direct ? i : blocks.up(i), blocks.up(o)];
  const plain = { dtype: 'float32' as const };
  const whole =
    rows === i && columns === o
      ? filter
      : graph.op('Pad', [filter, graph.int64([0, 0, 0, 0, 0, 0, rows - i, columns - o])], {
          ...plain,
          shape: [h, w, rows, columns],
        });
  const split = direct ? [h, w, i, columns / b, b] : [h, w, rows / b, b, columns / b, b];
  const perm = direct ? [3, 2, 0, 1, 4] : [4, 2, 0, 1, 3, 5];
  const parts = graph.reshapePhysical(whole, split, { ...plain, shape: split });
  const turned = graph.transpose(parts.name, perm, { ...plain, shape: perm.map((axis) => split[axis]!) });
  const shape = [columns, rows, h, w];
  return graph.reshapePhysical(turned, shape, { ...plain, shape });
}

/** (h, w, C, 1) → (C/b, 1, h, w, b) */
function depthwiseKernel(context: LoweringContext, blocks: Blocks, filter: Value): Value {
  const { graph } = context;
  const [h, w, c] = filter.shape as Shape4;
  const map = graph.reshapePhysical(filter, [1, h, w, c], { shape: [1, h, w, c], dtype: 'float32' });
  const shape = [blocks.up(c), 1, h, w];
  return graph.reshapePhysical(reordered(context, blocks, graph.channelsFirst(map)), shape, {
    shape,
    dtype: 'float32',
  });
}

/** One convolution of x (channels-first) by a plain filter (h, w, in, out) or (h, w, C, 1), to `outShape`. */
function blockedConv(
  context: LoweringContext,
  blocks: Blocks,
  x: Value,
  filter: Value,
  outShape: readonly number[],
  attributes: Attributes,
  depthwise: boolean,
  bias?: Value,
): Value {
  const [b, f, t, channels] = outShape as Shape4;
  const wide = blocks.up(channels);
  const direct = !depthwise && blocks.readsDirectly(filter.shape[2]!);
  const kernel = (depthwise ? depthwiseKernel : denseKernel)(context, blocks, filter);
  const operands = [direct ? x : reordered(context, blocks, x), kernel, ...(bias === undefined ? [] : [bias])];
  const spec = { shape: [b, f, t, wide], dtype: 'float32' as const, layout: 'channels-first' as const };
  const { group: _, ...geometry } = attributes;
  const all = { ...geometry, group: int(depthwise ? wide : 1) };
  return inOrder(context, context.graph.op('Conv', operands, spec, all, BLOCKED_DOMAIN), channels);
}

function convolve(
  context: LoweringContext,
  blocks: Blocks,
  x: TensorInfo,
  filter: TensorInfo,
  info: ConvInfo,
  depthwise: boolean,
  bias?: TensorInfo,
): TensorInfo {
  const { graph } = context;
  const input = graph.channelsFirst(context.value(x));
  const weights = graph.plain(context.value(filter));
  const isVector = bias?.shape.length === 1 && bias.shape[0] === info.outChannels;
  const inside = isVector && blocks.up(info.outChannels) === info.outChannels ? biasVector(context, bias) : undefined;
  const attributes = convAttributes(info, 1);
  const y = context.tensor(blockedConv(context, blocks, input, weights, info.outShape, attributes, depthwise, inside));
  return bias === undefined || inside !== undefined
    ? y
    : elementwise(context, 'Add', [y, bias], info.outShape, 'float32');
}

/** d(conv)/dx: the convolution of dy with the filter turned by 180°; undefined where blocks do not suit. */
function inputGradient(
  context: LoweringContext,
  blocks: Blocks,
  dy: TensorInfo,
  filter: TensorInfo,
  attrs: NamedAttrMap,
  depthwise: boolean,
): TensorInfo | undefined {
  const info = convInfo(attrs['inputShape'] as number[], filter.shape, attrs, depthwise, dy.shape);
  const backwards = { ...info, inChannels: info.outChannels, outChannels: info.inChannels };
  const strided = info.strideHeight * info.strideWidth > 1;
  // Between the cells of dy of a strided convolution come zeros: as many times the work, which only a depthwise one can spare.
  if (!blocks.suit(backwards, depthwise) || (strided && !depthwise)) return undefined;
  const { graph } = context;
  const gradient = graph.channelsFirst(context.value(dy));
  const { map, height, width } = strided ? spaced(context, gradient, info) : whole(gradient);
  const geometry = { ...info, outHeight: height, outWidth: width };
  const attributes = turnedAttributes(geometry, 1);
  if (hasNegative(attributes['pads'])) return undefined;
  const weights = flippedPlain(context, graph.plain(context.value(filter)));
  const [h, w, i, o] = weights.shape as Shape4;
  const back = depthwise
    ? weights
    : graph.transpose(weights.name, [0, 1, 3, 2], { shape: [h, w, o, i], dtype: 'float32' });
  return context.tensor(blockedConv(context, blocks, map, back, info.inShape, attributes, depthwise));
}

const hasNegative = (attribute: Attributes[string] | undefined): boolean =>
  attribute?.kind === 'ints' && attribute.value.some((v) => v < 0);

interface Spaced {
  readonly map: Value;
  readonly height: number;
  readonly width: number;
}

const whole = (map: Value): Spaced => ({ map, height: map.shape[1]!, width: map.shape[2]! });

/** dy with stride − 1 zeros after each cell of an axis. Where no run of cells goes evenly into it, all but the first of repeated cells are silenced. */
function spaced(context: LoweringContext, dy: Value, { strideHeight, strideWidth }: ConvInfo): Spaced {
  const { graph } = context;
  const [, f, t] = dy.shape as Shape4;
  const [height, width] = [f * strideHeight, t * strideWidth];
  const stretched = stretchAxes(context, dy, strideHeight, strideWidth, true);
  if (stretched !== undefined) return { map: stretched, height, width };
  const first = Float32Array.from({ length: height * width }, (_, at) =>
    Number(Math.floor(at / width) % strideHeight === 0 && (at % width) % strideWidth === 0),
  );
  const mask = graph.constant({ data: first, shape: [height, width], dtype: 'float32' });
  const grown = repeated(context, dy, strideHeight, strideWidth, true);
  return { map: graph.op('Mul', [grown, mask], grown), height, width };
}

/** A filter (h, w, …) turned by 180° over its two spatial axes. */
function flippedPlain(context: LoweringContext, filter: Value): Value {
  const { graph } = context;
  const axes = [0, 1].filter((axis) => filter.shape[axis]! > 1);
  if (axes.length === 0) return filter;
  const backwards = graph.int64(axes.map(() => -1));
  const beforeFirst = graph.int64(axes.map((axis) => -filter.shape[axis]! - 1));
  return graph.op('Slice', [filter, backwards, beforeFirst, graph.int64(axes), backwards], filter);
}

/**
 * dW[i, j, c] = Σ_{b,f,t} x[b, f·s + i·d − p, t·s + j·d − p, c] · dy[b, f, t, c] is itself a depthwise convolution: of all B·C maps
 * of x, each with its map of dy as the filter, strides and dilations in each other's place. In blocks dy is such a filter already.
 */
function depthwiseFilterGradient(
  context: LoweringContext,
  blocks: Blocks,
  x: TensorInfo,
  dy: TensorInfo,
  attrs: NamedAttrMap,
): TensorInfo | undefined {
  const shape = attrs['filterShape'] as Shape4;
  const info = convInfo(x.shape, shape, attrs, true, dy.shape);
  if (!blocks.suit(info, true)) return undefined;
  const { graph } = context;
  const [h, w, c] = shape;
  const { batchSize: n, inHeight, inWidth, outHeight, outWidth, padInfo } = info;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const wide = blocks.up(c);
  const maps = reordered(context, blocks, graph.channelsFirst(context.value(x)));
  const filters = reordered(context, blocks, graph.channelsFirst(context.value(dy)));
  const all = n * wide;
  const input = graph.reshapePhysical(maps, [1, all, inHeight, inWidth], {
    shape: [1, inHeight, inWidth, all],
    dtype: 'float32',
    layout: 'channels-first',
  });
  const kernel = graph.reshapePhysical(filters, [all, 1, outHeight, outWidth], {
    shape: [all, 1, outHeight, outWidth],
    dtype: 'float32',
  });
  // Cells of x past the last window of the forward pass may make further taps: they are cut off.
  const far = (size: number, out: number, stride: number, taps: number, dilation: number, pad: number): number =>
    (taps - 1) * dilation + (out - 1) * stride + 1 - size - pad;
  const bottom = far(inHeight, outHeight, strideHeight, h, dilationHeight, padInfo.top);
  const right = far(inWidth, outWidth, strideWidth, w, dilationWidth, padInfo.left);
  const tall = h + Math.floor(Math.max(0, -bottom) / dilationHeight);
  const broad = w + Math.floor(Math.max(0, -right) / dilationWidth);
  const taps = graph.op(
    'Conv',
    [input, kernel],
    { shape: [1, tall, broad, all], dtype: 'float32', layout: 'channels-first' },
    {
      kernel_shape: ints([outHeight, outWidth]),
      strides: ints([dilationHeight, dilationWidth]),
      dilations: ints([strideHeight, strideWidth]),
      pads: ints([padInfo.top, padInfo.left, Math.max(0, bottom), Math.max(0, right)]),
      group: int(all),
    },
    BLOCKED_DOMAIN,
  );
  const perClip = [n, wide, tall, broad];
  const plain = { dtype: 'float32' as const };
  const sums = graph.op(
    'ReduceSum',
    [graph.reshapePhysical(inOrder(context, taps, all), perClip, { ...plain, shape: perClip }), graph.int64([0])],
    { ...plain, shape: [wide, tall, broad] },
    { keepdims: int(0) },
  );
  const kept = [c, h, w];
  const cut =
    wide === c && tall === h && broad === w
      ? sums
      : graph.op('Slice', [sums, graph.int64([0, 0, 0]), graph.int64(kept), graph.int64([0, 1, 2])], {
          ...plain,
          shape: kept,
        });
  const turned = graph.transpose(cut.name, [1, 2, 0], { ...plain, shape: [h, w, c] });
  return context.tensor(graph.reshapePhysical(turned, shape, { ...plain, shape }));
}
