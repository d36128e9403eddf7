import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Lowering, LoweringContext, LoweringTable } from '../lowering.js';
import { type Value, sizeOf } from '../value.js';
import { scaledOf } from './pointwise-map.js';
import { isPerChannel } from './reduction.js';

/** Kernels that convolve with `filter`, and those whose result has its shape. */
const WITH_FILTER = ['Conv2DBackpropInput', 'DepthwiseConv2dNativeBackpropInput'];
const OF_FILTER = ['Conv2DBackpropFilter', 'DepthwiseConv2dNativeBackpropFilter'];

/**
 * Gradients of convolutions whose dy is a map times a factor per channel, as batch norm hands it back: the factors go to the filter,
 * to its gradient, or to the sums that are the gradient of a bias, which are small, and the product over the whole map is not made.
 */
export function takingFactors(table: LoweringTable): LoweringTable {
  const wrapped = Object.entries(table).map(([kernel, lowering]): [string, Lowering] => {
    if (WITH_FILTER.includes(kernel)) return [kernel, intoFilter(lowering)];
    if (kernel === 'Sum') return [kernel, outOfSum(lowering)];
    return [kernel, OF_FILTER.includes(kernel) ? intoResult(lowering) : lowering];
  });
  return Object.fromEntries(wrapped);
}

function intoFilter(lowering: Lowering): Lowering {
  return (context, inputs, attrs) => {
    const found = factorsOf(context, inputs['dy']!);
    if (found === undefined) return lowering(context, inputs, attrs);
    const filter = context.tensor(times(context, inputs['filter']!, found.factors));
    return lowering(context, { ...inputs, dy: context.tensor(found.map), filter }, attrs);
  };
}

function intoResult(lowering: Lowering): Lowering {
  return (context, inputs, attrs) => {
    const found = factorsOf(context, inputs['dy']!);
    if (found === undefined) return lowering(context, inputs, attrs);
    const result = lowering(context, { ...inputs, dy: context.tensor(found.map) }, attrs);
    return context.tensor(times(context, result as TensorInfo, found.factors));
  };
}

function outOfSum(lowering: Lowering): Lowering {
  return (context, inputs, attrs) => {
    const x = inputs['x']!;
    const found = context.uniform(x) === undefined && isPerChannel(x, attrs) ? factorsOf(context, x) : undefined;
    if (found === undefined) return lowering(context, inputs, attrs);
    const { graph } = context;
    const sums = context.value(lowering(context, { x: context.tensor(found.map) }, attrs) as TensorInfo);
    return context.tensor(graph.op('Mul', [sums, graph.reshapePhysical(found.factors, sums.shape, sums)], sums));
  };
}

/** The map and the factors (C) that dy is the product of. */
function factorsOf(context: LoweringContext, dy: TensorInfo): { map: Value; factors: Value } | undefined {
  const value = context.value(dy);
  const isProduct = context.graph.producer(value.name)?.op === 'Mul' && value.layout === 'channels-first';
  return isProduct ? scaledOf(context, value) : undefined;
}

/** A filter (h, w, C in, C out), or one of depth (h, w, C, multiplier), with each channel that comes out times its factor. */
function times(context: LoweringContext, filter: TensorInfo, factors: Value): Value {
  const { graph } = context;
  const plain = graph.plain(context.value(filter));
  const [inner, outer] = plain.shape.slice(2) as [number, number];
  const count = sizeOf(factors.shape);
  const shape = outer === count ? [outer] : [inner, outer];
  return graph.op('Mul', [plain, graph.reshapePhysical(factors, shape, { shape, dtype: 'float32' })], plain);
}
