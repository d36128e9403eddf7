/**
 * s·y + t per channel, with another map added or a ReLU behind it, in one pass of all threads: a convolution with a filter of depth and
 * a single tap. ONNX Runtime's own operator for s·y + t, BatchNormalization, keeps to one thread and takes in neither.
 *
 * Kernels that slide over blocks of b channels are the quickest at it, and as a tap of one cell knows no neighbours, they do not need
 * the map in their order: b cells of a channel in a row are taken for b channels with the same factor. They add to a map in place.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { OnnxNode } from '../../model/onnx-model.js';
import { BLOCKED_DOMAIN, int, text } from '../graph-builder.js';
import type { Lowering, LoweringContext, LoweringTable } from '../lowering.js';
import { type Value, physicalShape, sameShape } from '../value.js';
import { type Affine, ONE_TAP, affineOf, shapeOf, wholeValue } from './pointwise-map.js';

/** A map of fewer cells in a channel is passed over sooner than a convolution is called for. */
const LEAST_CELLS = 256;

/** `table` with sums and ReLUs of affine maps in one pass; `block`: the channels in a block of the processor's kernels, if it has such. */
export function affineInOnePass(table: LoweringTable, block: number | undefined): LoweringTable {
  return { ...table, Add: added(table, block), Relu: activated(table, block) };
}

function added(table: LoweringTable, block: number | undefined): Lowering {
  return (context, inputs, attrs) => {
    const sum = table['Add']!(context, inputs, attrs) as TensorInfo;
    const value = wholeValue(context, sum);
    const made = value && context.graph.producer(value.name);
    const whole = value && physicalShape(value);
    if (made?.op !== 'Add' || !made.inputs.every((name) => sameShape(shapeOf(context, name), whole!))) return sum;
    for (const [i, name] of made.inputs.entries()) {
      const affine = worthwhile(context, { ...value!, name });
      const other = { ...value!, name: made.inputs[1 - i]! };
      const y = affine && block !== undefined ? inBlocks(context, affine, block, other) : undefined;
      if (y !== undefined) return context.tensor(y);
    }
    return sum;
  };
}

function activated(table: LoweringTable, block: number | undefined): Lowering {
  return (context, inputs, attrs) => {
    const x = inputs['x']!;
    const value = x.shape.length === 4 && context.uniform(x) === undefined ? context.value(x) : undefined;
    const y = value && activatedValue(context, value, block);
    return y === undefined ? table['Relu']!(context, inputs, attrs) : context.tensor(y);
  };
}

function activatedValue(context: LoweringContext, value: Value, block: number | undefined): Value | undefined {
  const { graph } = context;
  const made = graph.producer(value.name);
  const before = made?.op === 'Reshape' ? graph.producer(made.inputs[0]!) : undefined;
  if (before !== undefined && isSumInBlocks(before)) {
    const spec = blockedSpec(value, block!);
    return unblocked(
      context,
      graph.op('Conv', before.inputs, spec, { ...before.attributes, ...RELU }, BLOCKED_DOMAIN),
      value,
    );
  }
  const affine = worthwhile(context, value);
  if (affine === undefined) return undefined;
  const inOrder = block === undefined ? undefined : inBlocks(context, affine, block);
  if (inOrder !== undefined) return inOrder;
  const channels = value.shape[3]!;
  const shape = [channels, 1, 1, 1];
  const kernel = graph.reshapePhysical(affine.factors, shape, { shape, dtype: 'float32' });
  const y = graph.op('Conv', [affine.map, kernel, affine.shift], value, { ...ONE_TAP, group: int(channels) });
  return graph.op('Relu', [y], value);
}

const RELU = { activation: text('Relu') };

const isSumInBlocks = ({ op, domain, inputs, attributes }: OnnxNode): boolean =>
  op === 'Conv' && domain === BLOCKED_DOMAIN && inputs.length === 4 && attributes['activation'] === undefined;

/** `affine` and, where there is one, `other` added, or else a ReLU; undefined where cells do not go evenly into blocks. */
function inBlocks(context: LoweringContext, affine: Affine, block: number, other?: Value): Value | undefined {
  const { graph } = context;
  const [, f, t, channels] = affine.map.shape as [number, number, number, number];
  if ((f * t) % block !== 0) return undefined;
  const spec = blockedSpec(affine.map, block);
  const blocked = (map: Value): Value => graph.reshapePhysical(map, physicalShape(spec), spec);
  const repeated = (numbers: Value, shape: readonly number[]): Value => {
    const column = graph.reshapePhysical(numbers, [channels, 1], { shape: [channels, 1], dtype: 'float32' });
    const wide = { shape: [channels, block], dtype: 'float32' as const };
    const rows = graph.op('Expand', [column, graph.int64([channels, block])], wide);
    return graph.reshapePhysical(rows, shape, { shape, dtype: 'float32' });
  };
  const wide = channels * block;
  const operands = [blocked(affine.map), repeated(affine.factors, [wide, 1, 1, 1]), repeated(affine.shift, [wide])];
  const attributes = { ...ONE_TAP, group: int(wide), ...(other === undefined ? RELU : {}) };
  const inputs = other === undefined ? operands : [...operands, blocked(other)];
  return unblocked(context, graph.op('Conv', inputs, spec, attributes, BLOCKED_DOMAIN), affine.map);
}

/** A map's cells of a channel as cells of blocks of channels. */
function blockedSpec({ shape }: Value, block: number) {
  const [b, f, t, c] = shape as [number, number, number, number];
  return { shape: [b, (f * t) / block, 1, c * block], dtype: 'float32', layout: 'channels-first' } as const;
}

function unblocked(context: LoweringContext, y: Value, { shape }: Value): Value {
  const spec = { shape, dtype: 'float32', layout: 'channels-first' } as const;
  return context.graph.reshapePhysical(y, physicalShape(spec), spec);
}

/** The affine map that `value` is, where it is worth a convolution. */
function worthwhile(context: LoweringContext, value: Value): Affine | undefined {
  const [, f, t] = value.shape as [number, number, number, number];
  return value.layout === 'channels-first' && f * t >= LEAST_CELLS ? affineOf(context, value) : undefined;
}
