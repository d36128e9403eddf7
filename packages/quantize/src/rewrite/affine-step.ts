import type { OnnxModel, OnnxNode, OnnxTensor } from '@asc/onnx';
import { onlyConsumer, type GraphIndex } from '../graph-index.js';
import type { ValueShapes } from './rewrite-graph.js';

/** output[:, c] = input[:, c] · scale[c] + shift[c], computed by one or two nodes. */
export interface AffineStep {
  readonly input: string;
  readonly output: string;
  readonly rank: number;
  readonly scale: Float32Array;
  readonly shift: Float32Array;
  readonly nodes: readonly OnnxNode[];
}

/**
 * The per-channel affine step that starts at `node`, if one does: batch normalisation with constant statistics, a `Mul` by a
 * constant and an `Add` of one behind it, or either alone; on maps (B, C, …).
 */
export function affineStep(
  node: OnnxNode,
  model: OnnxModel,
  index: GraphIndex,
  shapes: ValueShapes,
): AffineStep | undefined {
  if (node.op === 'BatchNormalization') return batchNormStep(node, model, shapes);
  const first = constantStep(node, model, shapes);
  if (first === undefined || node.op !== 'Mul') return first;
  const next = onlyConsumer(index, first.output);
  const second = next?.op === 'Add' ? constantStep(next, model, shapes) : undefined;
  if (second === undefined) return first;
  return { ...first, output: second.output, shift: second.shift, nodes: [...first.nodes, ...second.nodes] };
}

/** scale = γ / √(σ² + ε), shift = β − μ · scale */
function batchNormStep(node: OnnxNode, model: OnnxModel, shapes: ValueShapes): AffineStep | undefined {
  const [input = '', ...parameters] = node.inputs;
  const [gamma, beta, mean, variance] = parameters.map((name) => model.initializers.get(name)?.data);
  const training = node.attributes['training_mode'];
  const epsilon = node.attributes['epsilon'];
  const rank = shapes.get(input)?.length ?? 0;
  if (!(gamma instanceof Float32Array && beta instanceof Float32Array)) return undefined;
  if (!(mean instanceof Float32Array && variance instanceof Float32Array)) return undefined;
  if ((training?.kind === 'int' && training.value === 1) || rank < 3) return undefined;
  const eps = epsilon?.kind === 'float' ? epsilon.value : 1e-5;
  const scale = gamma.map((value, c) => value / Math.sqrt((variance[c] ?? 0) + eps));
  const shift = beta.map((value, c) => value - (mean[c] ?? 0) * (scale[c] ?? 0));
  return { input, output: node.outputs[0] ?? '', rank, scale, shift, nodes: [node] };
}

function constantStep(node: OnnxNode, model: OnnxModel, shapes: ValueShapes): AffineStep | undefined {
  if (node.op !== 'Mul' && node.op !== 'Add') return undefined;
  const constants = node.inputs.filter((name) => model.initializers.has(name));
  const input = node.inputs.find((name) => !model.initializers.has(name));
  const shape = shapes.get(input ?? '') ?? [];
  if (input === undefined || constants.length !== 1 || shape.length < 3) return undefined;
  const values = perChannel(model.initializers.get(constants[0] ?? ''), shape);
  if (values === undefined) return undefined;
  const common = { input, output: node.outputs[0] ?? '', rank: shape.length, nodes: [node] };
  if (node.op === 'Mul') return { ...common, scale: values, shift: new Float32Array(values.length) };
  return { ...common, scale: new Float32Array(values.length).fill(1), shift: values };
}

/** (C) values of a constant that broadcasts over (B, C, …) along the channels only; `undefined` where it does not. */
function perChannel(tensor: OnnxTensor | undefined, shape: readonly number[]): Float32Array | undefined {
  const channels = shape[1] ?? 0;
  if (!(tensor?.data instanceof Float32Array) || tensor.shape.length > shape.length) return undefined;
  if (tensor.data.length === 1) return new Float32Array(channels).fill(tensor.data[0] ?? 0);
  const channelAxis = tensor.shape.length - shape.length + 1;
  const fits = tensor.shape.every((size, axis) => size === (axis === channelAxis ? channels : 1));
  return fits ? tensor.data : undefined;
}
