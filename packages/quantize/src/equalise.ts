import { sizeOf } from '@asc/core';
import type { OnnxModel, OnnxNode, OnnxTensor } from '@asc/onnx';
import { indexGraph, onlyConsumer, type GraphIndex } from './graph-index.js';
import { freshName, valueNames } from './value-names.js';

/** Sweeps over all pairs; the scales of a chain settle within a few. */
const SWEEPS = 10;
/** Operators with f(s·x) = s·f(x) for s > 0, channel by channel. */
const HOMOGENEOUS = new Set(['Relu', 'LeakyRelu', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'Identity']);

/** Two convolutions with nothing between that a positive scale of a channel would not pass through. */
interface Pair {
  readonly first: OnnxNode;
  readonly second: OnnxNode;
  /** How often the second's input channels repeat in the first's output channels: twice through a max feature map. */
  readonly repeats: number;
}

/**
 * The same function with channels scaled so that the weights on both sides of each have the same largest magnitude: what one
 * convolution multiplies the next one divides by. Rectifiers, pooling and max feature maps may stand between. Source: Nagel et
 * al. 2019, "Data-free quantization through weight equalization and bias correction", cross-layer equalisation.
 */
export function equalise(model: OnnxModel): OnnxModel {
  const pairs = findPairs(model);
  if (pairs.length === 0) return model;
  const initializers = new Map(model.initializers);
  const taken = valueNames(model);
  const inputsOf = new Map<OnnxNode, string[]>();
  // Copies of their own, since others may read the same constants.
  for (const node of new Set(pairs.flatMap(({ first, second }) => [first, second]))) {
    inputsOf.set(
      node,
      node.inputs.map((name, at) => {
        const tensor = at === 0 || name === '' ? undefined : initializers.get(name);
        if (tensor === undefined) return name;
        const own = freshName(`${name}.equal`, taken);
        initializers.set(own, { ...tensor, data: Float32Array.from(tensor.data as Float32Array) });
        return own;
      }),
    );
  }
  const floats = (node: OnnxNode, at: number): OnnxTensor | undefined =>
    initializers.get(inputsOf.get(node)?.[at] ?? '');
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const { first, second, repeats } of pairs) {
      const [weight, bias, next] = [floats(first, 1), floats(first, 2), floats(second, 1)];
      if (weight !== undefined && next !== undefined) balance(weight, bias, next, repeats, groupOf(second) > 1);
    }
  }
  const nodes = model.nodes.map((node) => ({ ...node, inputs: inputsOf.get(node) ?? node.inputs }));
  return { ...model, nodes, initializers };
}

/** s = √(largest of the first / largest of the second): divides the first by s, multiplies the second by it, in place. */
function balance(
  weight: OnnxTensor,
  bias: OnnxTensor | undefined,
  next: OnnxTensor,
  repeats: number,
  depthwise: boolean,
): void {
  const outputs = weight.shape[0] ?? 0;
  const channels = outputs / repeats;
  const perOutput = sizeOf(weight.shape.slice(1));
  const firsts = weight.data as Float32Array;
  const seconds = next.data as Float32Array;
  const inner = sizeOf(next.shape.slice(2));
  const channelOfFirst = (i: number): number => Math.floor(i / perOutput) % channels;
  const channelOfSecond = (i: number): number => (depthwise ? Math.floor(i / inner) : Math.floor(i / inner) % channels);
  const largest = (values: Float32Array, channelOf: (i: number) => number): Float64Array => {
    const result = new Float64Array(channels);
    values.forEach((value, i) => {
      const channel = channelOf(i);
      result[channel] = Math.max(result[channel] ?? 0, Math.abs(value));
    });
    return result;
  };
  const [before, after] = [largest(firsts, channelOfFirst), largest(seconds, channelOfSecond)];
  const scales = before.map((value, c) => {
    const scale = Math.sqrt(value / (after[c] ?? 0));
    return Number.isFinite(scale) && scale > 0 ? scale : 1;
  });
  firsts.forEach((value, i) => (firsts[i] = value / (scales[channelOfFirst(i)] ?? 1)));
  (bias?.data as Float32Array | undefined)?.forEach((value, i, all) => {
    (all as Float32Array)[i] = value / (scales[i % channels] ?? 1);
  });
  seconds.forEach((value, i) => (seconds[i] = value * (scales[channelOfSecond(i)] ?? 1)));
}

function findPairs(model: OnnxModel): Pair[] {
  const index = indexGraph(model);
  return model.nodes.flatMap((second) => {
    if (!isPlain(second, model)) return [];
    const found = findFirst(second.inputs[0] ?? '', model, index);
    if (found === undefined) return [];
    const weight = model.initializers.get(second.inputs[1] ?? '');
    const channels = (model.initializers.get(found.conv.inputs[1] ?? '')?.shape[0] ?? 0) / found.repeats;
    const group = groupOf(second);
    const fits = group === 1 ? weight?.shape[1] === channels : group === channels && weight?.shape[0] === channels;
    return fits ? [{ first: found.conv, second, repeats: found.repeats }] : [];
  });
}

function groupOf({ attributes: { group } }: OnnxNode): number {
  return group?.kind === 'int' ? group.value : 1;
}

function isPlain(node: OnnxNode, model: OnnxModel): boolean {
  const float = (name: string | undefined): boolean => model.initializers.get(name ?? '')?.type === 'float32';
  return node.op === 'Conv' && float(node.inputs[1]) && (!node.inputs[2] || float(node.inputs[2]));
}

/** The convolution behind `value`, through what a positive scale passes. */
function findFirst(
  value: string,
  model: OnnxModel,
  index: GraphIndex,
): { readonly conv: OnnxNode; readonly repeats: number } | undefined {
  const producer = index.producerOf.get(value);
  if (producer === undefined || onlyConsumer(index, value) === undefined) return undefined;
  if (isPlain(producer, model)) return { conv: producer, repeats: 1 };
  if (HOMOGENEOUS.has(producer.op)) return findFirst(producer.inputs[0] ?? '', model, index);
  if (producer.op !== 'Max') return undefined;
  const split = index.producerOf.get(producer.inputs[0] ?? '');
  const axis = split?.attributes['axis'];
  const halves =
    split?.op === 'Split' &&
    axis?.kind === 'int' &&
    axis.value === 1 &&
    split.outputs.toSorted().join('\n') === producer.inputs.toSorted().join('\n') &&
    split.outputs.every((output) => onlyConsumer(index, output) === producer);
  const found = halves ? findFirst(split.inputs[0] ?? '', model, index) : undefined;
  return found && { conv: found.conv, repeats: found.repeats * producer.inputs.length };
}
