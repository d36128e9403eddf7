import { sizeOf } from '@asc/core';
import type { OnnxModel, OnnxNode, OnnxTensor } from '@asc/onnx';
import { indexGraph, onlyConsumer } from '../graph-index.js';
import { makeNode } from '../make-node.js';
import { freshName, valueNames } from '../value-names.js';
import type { ValueShapes } from './rewrite-graph.js';

/** y[c] = x[c] · scale[c] + shift[c] */
interface Affine {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
}

/**
 * Batch normalisation with constant statistics, which has no 8-bit kernel, becomes convolution: folded into the `Conv` before
 * it where that feeds nothing else, a depthwise 1×1 `Conv` otherwise.
 */
export function foldBatchNorm(model: OnnxModel, shapes: ValueShapes): OnnxModel {
  const index = indexGraph(model);
  const initializers = new Map(model.initializers);
  const taken = valueNames(model);
  const replaced = new Map<OnnxNode, OnnxNode | undefined>();
  const add = (wanted: string, tensor: OnnxTensor): string => {
    const name = freshName(wanted, taken);
    initializers.set(name, tensor);
    return name;
  };
  for (const node of model.nodes) {
    const [input = '', output = ''] = [node.inputs[0], node.outputs[0]];
    const affine = node.op === 'BatchNormalization' ? constantAffine(node, model) : undefined;
    const rank = shapes.get(input)?.length ?? 0;
    if (affine === undefined || rank < 3) continue;
    const conv = index.producerOf.get(input);
    const weight = conv?.op === 'Conv' ? initializers.get(conv.inputs[1] ?? '') : undefined;
    if (
      conv !== undefined &&
      weight?.type === 'float32' &&
      onlyConsumer(index, input) === node &&
      !replaced.has(conv)
    ) {
      const bias = conv.inputs[2] ? initializers.get(conv.inputs[2]) : undefined;
      if (bias !== undefined || !conv.inputs[2]) {
        const folded = foldInto(weight, bias, affine);
        const inputs = [conv.inputs[0] ?? '', add(`${output}.w`, folded.weight), add(`${output}.b`, folded.bias)];
        replaced.set(conv, { ...conv, inputs, outputs: [output] });
        replaced.set(node, undefined);
        continue;
      }
    }
    const channels = affine.scale.length;
    const kernel: OnnxTensor = {
      type: 'float32',
      shape: [channels, 1, ...Array<number>(rank - 2).fill(1)],
      data: affine.scale,
    };
    const shift: OnnxTensor = { type: 'float32', shape: [channels], data: affine.shift };
    const inputs = [input, add(`${output}.w`, kernel), add(`${output}.b`, shift)];
    const attributes = { group: { kind: 'int' as const, value: channels } };
    replaced.set(node, { ...makeNode('Conv', inputs, [output], attributes), name: node.name });
  }
  const nodes = model.nodes.flatMap((node) => {
    if (!replaced.has(node)) return [node];
    const replacement = replaced.get(node);
    return replacement === undefined ? [] : [replacement];
  });
  return { ...model, nodes, initializers };
}

/** scale = γ / √(σ² + ε), shift = β − μ · scale; `undefined` where a parameter is no constant. */
function constantAffine(node: OnnxNode, model: OnnxModel): Affine | undefined {
  const [gamma, beta, mean, variance] = node.inputs.slice(1).map((name) => model.initializers.get(name)?.data);
  const training = node.attributes['training_mode'];
  const epsilon = node.attributes['epsilon'];
  if (!(gamma instanceof Float32Array && beta instanceof Float32Array)) return undefined;
  if (!(mean instanceof Float32Array && variance instanceof Float32Array)) return undefined;
  if (training?.kind === 'int' && training.value === 1) return undefined;
  const eps = epsilon?.kind === 'float' ? epsilon.value : 1e-5;
  const scale = gamma.map((value, c) => value / Math.sqrt((variance[c] ?? 0) + eps));
  return { scale, shift: beta.map((value, c) => value - (mean[c] ?? 0) * (scale[c] ?? 0)) };
}

function foldInto(
  weight: OnnxTensor,
  bias: OnnxTensor | undefined,
  { scale, shift }: Affine,
): { readonly weight: OnnxTensor; readonly bias: OnnxTensor } {
  const perChannel = sizeOf(weight.shape.slice(1));
  const old = bias?.data as Float32Array | undefined;
  const data = (weight.data as Float32Array).map((value, i) => value * (scale[Math.floor(i / perChannel)] ?? 0));
  const shifts = shift.map((value, c) => value + (old?.[c] ?? 0) * (scale[c] ?? 0));
  return {
    weight: { type: 'float32', shape: weight.shape, data },
    bias: { type: 'float32', shape: [shifts.length], data: shifts },
  };
}
