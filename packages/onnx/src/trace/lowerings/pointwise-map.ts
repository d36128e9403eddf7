import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { OnnxNode } from '../../model/onnx-model.js';
import { ints } from '../graph-builder.js';
import type { LoweringContext } from '../lowering.js';
import { type Value, physicalShape, sameShape } from '../value.js';

/** Smaller maps are passed over sooner than the products of small matrices are called for. */
const LEAST_CELLS = 4096;

/** The K × K products of each cell, for each channel out, that still take less than passing over the map that comes out. */
const MOST_PRODUCTS = 32;

/** A convolution of single cells. */
export const ONE_TAP = {
  kernel_shape: ints([1, 1]),
  strides: ints([1, 1]),
  dilations: ints([1, 1]),
  pads: ints([0, 0, 0, 0]),
};

/** filter (C, K) · x + bias (C) at every cell of x (B, F, T, K), which lies channels-first. */
export interface Pointwise {
  readonly x: Value;
  readonly filter: Value;
  readonly bias: Value | undefined;
}

/** y = W·x + b as a graph has it: a convolution of one tap, then factors and shifts per channel. */
export function pointwiseOf(context: LoweringContext, value: Value): Pointwise | undefined {
  const { graph } = context;
  const made = value.layout === 'channels-first' ? graph.producer(value.name) : undefined;
  if (made?.op === 'Conv') return convolutionOf(context, made);
  const parts = scaledOf(context, value);
  const inner = parts && pointwiseOf(context, parts.map);
  if (inner === undefined) return undefined;
  const { factors } = parts!;
  if (made!.op === 'Add') return { ...inner, bias: plus(context, inner.bias, factors) };
  const shape = [value.shape[3]!, 1];
  const column = graph.reshapePhysical(factors, shape, { shape, dtype: 'float32' });
  return {
    x: inner.x,
    filter: graph.op('Mul', [inner.filter, column], inner.filter),
    bias: inner.bias && graph.op('Mul', [inner.bias, factors], factors),
  };
}

/** The map and the numbers per channel (C) that `value` is the product or sum of. */
export function scaledOf(context: LoweringContext, value: Value): { map: Value; factors: Value } | undefined {
  if (value.dtype !== 'float32' || value.shape.length !== 4) return undefined;
  const made = context.graph.producer(value.name);
  if (made?.op !== 'Add' && made?.op !== 'Mul') return undefined;
  const channels = value.shape[3]!;
  const shape = [channels, 1, 1];
  const vector = made.inputs.find((name) => sameShape(shapeOf(context, name), shape));
  const name = made.inputs.find((name) => sameShape(shapeOf(context, name), physicalShape(value)));
  if (vector === undefined || name === undefined || vector === name) return undefined;
  const factors = { name: vector, shape, dtype: 'float32', layout: 'plain' } as const;
  return { map: { ...value, name }, factors: vectorOf(context, factors, channels) };
}

/** factors (C) · map + shift (C) */
export interface Affine {
  readonly map: Value;
  readonly factors: Value;
  readonly shift: Value;
}

/** The map, factors and shift that `value` is made of. */
export function affineOf(context: LoweringContext, value: Value): Affine | undefined {
  const sum = context.graph.producer(value.name)?.op === 'Add' ? scaledOf(context, value) : undefined;
  const product = sum && context.graph.producer(sum.map.name)?.op === 'Mul' ? scaledOf(context, sum.map) : undefined;
  return product && { map: product.map, factors: product.factors, shift: sum!.factors };
}

/** The value of a tensor that is no number or smaller map repeated: one of those need not be written out for a look at it. */
export function wholeValue(context: LoweringContext, tensor: TensorInfo): Value | undefined {
  const isWhole = context.uniform(tensor) === undefined && sameShape(context.compact(tensor).shape, tensor.shape);
  return isWhole ? context.value(tensor) : undefined;
}

function convolutionOf(context: LoweringContext, { domain, inputs, attributes }: OnnxNode): Pointwise | undefined {
  const { graph } = context;
  const [map, kernel, bias] = inputs as [string, string, string?];
  const [c, k, h, w] = shapeOf(context, kernel) as [number, number, number, number];
  const [b, , f, t] = shapeOf(context, map) as [number, number, number, number];
  // Those that are the gradient by an input tell no strides (`turnedAttributes`): nothing is gained by going through them.
  const [strides, pads] = [attributes['strides'], attributes['pads']];
  const everyCell =
    strides?.kind === 'ints' &&
    strides.value.every((v) => v === 1) &&
    pads?.kind === 'ints' &&
    pads.value.every((v) => v === 0);
  if (domain !== '' || attributes['group'] !== undefined || h * w !== 1 || !everyCell) return undefined;
  if (k > c || k * k > MOST_PRODUCTS * c || b * f * t < LEAST_CELLS) return undefined;
  const plain = { dtype: 'float32' as const, layout: 'plain' as const };
  return {
    x: { name: map, shape: [b, f, t, k], dtype: 'float32', layout: 'channels-first' },
    filter: graph.reshapePhysical({ name: kernel, shape: [c, k, 1, 1], ...plain }, [c, k], {
      shape: [c, k],
      dtype: 'float32',
    }),
    bias: bias === undefined ? undefined : { name: bias, shape: [c], ...plain },
  };
}

/** The convolution that `map` is. */
export function convolved(context: LoweringContext, map: Pointwise): Value {
  const { x, filter, bias } = map;
  const [c, k] = filter.shape as [number, number];
  const kernel = context.graph.reshapePhysical(filter, [c, k, 1, 1], { shape: [c, k, 1, 1], dtype: 'float32' });
  const spec = { ...x, shape: [...x.shape.slice(0, 3), c] };
  return context.graph.op('Conv', [x, kernel, ...(bias ? [bias] : [])], spec, ONE_TAP);
}

function plus(context: LoweringContext, a: Value | undefined, b: Value): Value {
  return a === undefined ? b : context.graph.op('Add', [a, b], b);
}

function vectorOf(context: LoweringContext, value: Value, channels: number): Value {
  return context.graph.reshapePhysical(value, [channels], { shape: [channels], dtype: 'float32' });
}

/** In memory order. */
export const shapeOf = (context: LoweringContext, name: string): readonly number[] =>
  (context.graph.valueInfo.get(name)?.shape ?? []) as number[];
