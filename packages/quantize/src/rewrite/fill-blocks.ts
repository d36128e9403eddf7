import { sizeOf } from '@asc/core';
import type { OnnxModel, OnnxNode, OnnxTensor } from '@asc/onnx';
import { indexGraph } from '../graph-index.js';
import { intOf } from './attributes.js';

/** ONNX Runtime's 8-bit convolution multiplies four channels at a time; with fewer it copies single bytes. */
const BLOCK = 4;

/**
 * An 8-bit convolution of rows cut out as channels gets channels up to a multiple of four: the first row again, with weights of 0.
 * The last thing done to a graph: nothing is to learn or measure these weights.
 */
export function fillBlocks(model: OnnxModel): OnnxModel {
  const { producerOf, consumersOf } = indexGraph(model);
  const initializers = new Map(model.initializers);
  const replaced = new Map<OnnxNode, OnnxNode>();
  for (const conv of model.nodes) {
    if (conv.op !== 'Conv' || intOf(conv, 'group', 1) !== 1) continue;
    const [map, stored] = [integersBehind(conv.inputs[0], producerOf), producerOf.get(conv.inputs[1] ?? '')];
    const stack = map === undefined ? undefined : producerOf.get(map.inputs[0] ?? '');
    const name = stored?.inputs[0] ?? '';
    const weight = model.initializers.get(name);
    if (stack === undefined || stored === undefined || weight === undefined || !isRowStack(stack, producerOf)) continue;
    const channels = stack.inputs.length;
    const more = (BLOCK - (channels % BLOCK)) % BLOCK;
    const isOwn = stored.op === 'DequantizeLinear' && consumersOf.get(name)?.length === 1;
    if (!isOwn || weight.shape[1] !== channels || more === 0) continue;
    const zero = Number(model.initializers.get(stored.inputs[2] ?? '')?.data[0] ?? 0);
    initializers.set(name, widen(weight, channels + more, zero));
    const fillers = Array<string>(more).fill(stack.inputs[0] ?? '');
    replaced.set(stack, { ...stack, inputs: [...stack.inputs, ...fillers] });
  }
  return { ...model, nodes: model.nodes.map((node) => replaced.get(node) ?? node), initializers };
}

/** The QuantizeLinear behind a value that DequantizeLinear gives. */
function integersBehind(value: string | undefined, producerOf: ReadonlyMap<string, OnnxNode>): OnnxNode | undefined {
  const floats = producerOf.get(value ?? '');
  const integers = floats?.op === 'DequantizeLinear' ? producerOf.get(floats.inputs[0] ?? '') : undefined;
  return integers?.op === 'QuantizeLinear' ? integers : undefined;
}

function isRowStack(node: OnnxNode, producerOf: ReadonlyMap<string, OnnxNode>): boolean {
  const isCut = (part: string): boolean => producerOf.get(part)?.op === 'Slice';
  return node.op === 'Concat' && intOf(node, 'axis', 0) === 1 && node.inputs.every(isCut);
}

/** Integers (O, C, h, w) with more channels, of `zero`. */
function widen({ type, shape, data }: OnnxTensor, channels: number, zero: number): OnnxTensor {
  const [filters = 0, , ...window] = shape;
  const wide = [filters, channels, ...window];
  const Integers = type === 'int8' ? Int8Array : Uint8Array;
  const values = new Integers(sizeOf(wide)).fill(zero);
  const [from, to] = [sizeOf(shape.slice(1)), sizeOf(wide.slice(1))];
  for (let filter = 0; filter < filters; filter++)
    values.set((data as Int8Array | Uint8Array).subarray(filter * from, (filter + 1) * from), filter * to);
  return { type, shape: wide, data: values };
}
