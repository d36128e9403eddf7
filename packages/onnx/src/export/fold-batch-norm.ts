import type { OnnxModel, OnnxNode } from '../model/onnx-model.js';
import { countUses, producersOf, removeDead } from '../trace/optimise.js';

/** Per-channel y = x·scale + shift. */
interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/**
 * Folds constant batch norms into a neighbouring convolution where that is exact: into the one before; or into the one
 * after, if that has no padding (padding is zero after the norm, not before it). Others stay as one affine node.
 */
export function foldBatchNorm(model: OnnxModel): void {
  const producers = producersOf(model);
  const uses = countUses(model);
  for (const node of model.nodes) {
    const affine = affineOf(model, node);
    if (affine === undefined) continue;
    const input = node.inputs[0]!;
    const before = producers.get(input);
    if (before?.op === 'Conv' && uses.get(input) === 1 && foldForward(model, before, affine)) {
      replaceUses(model, node.outputs[0]!, input);
      uses.set(input, uses.get(node.outputs[0]!) ?? 0);
      continue;
    }
    if (uses.get(node.outputs[0]!) !== 1) continue;
    const after = model.nodes.find((n) => n.inputs[0] === node.outputs[0]);
    if (after?.op === 'Conv' && foldBackward(model, after, affine)) after.inputs[0] = input;
  }
  removeDead(model);
}

function floats(model: OnnxModel, name: string | undefined): Float32Array | undefined {
  const data = name === undefined ? undefined : model.initializers.get(name)?.data;
  return data instanceof Float32Array ? data : undefined;
}

function affineOf(model: OnnxModel, node: OnnxNode): Affine | undefined {
  if (node.op !== 'BatchNormalization') return undefined;
  const [gamma, beta, mean, variance] = node.inputs.slice(1).map((n) => floats(model, n));
  if (gamma === undefined || beta === undefined || mean === undefined || variance === undefined) return undefined;
  const epsilon = node.attributes['epsilon'];
  const eps = epsilon?.kind === 'float' ? epsilon.value : 1e-5;
  const scale = Float64Array.from(gamma, (g, c) => g / Math.sqrt(variance[c]! + eps));
  return { scale, shift: scale.map((s, c) => beta[c]! - mean[c]! * s) };
}

/** Constants may be shared: a changed one gets a name of its own. */
function replaceConstant(
  model: OnnxModel,
  node: OnnxNode,
  at: number,
  shape: number[],
  data: Float32Array,
  suffix: string,
): void {
  const name = `${node.name}/${suffix}`;
  model.initializers.set(name, { type: 'float32', shape, data });
  node.inputs[at] = name;
}

/** conv then norm: w′ = w·s per output channel, b′ = b·s + t. */
function foldForward(model: OnnxModel, conv: OnnxNode, { scale, shift }: Affine): boolean {
  const weights = floats(model, conv.inputs[1]);
  const bias = conv.inputs[2] === undefined ? new Float32Array(scale.length) : floats(model, conv.inputs[2]);
  if (weights === undefined || bias === undefined) return false;
  const shape = model.initializers.get(conv.inputs[1]!)!.shape;
  const perOutput = weights.length / scale.length;
  replaceConstant(
    model,
    conv,
    1,
    shape,
    weights.map((w, i) => w * scale[Math.floor(i / perOutput)]!),
    'folded_weight',
  );
  replaceConstant(
    model,
    conv,
    2,
    [scale.length],
    bias.map((b, c) => b * scale[c]! + shift[c]!),
    'folded_bias',
  );
  return true;
}

/** norm then conv: w′ = w·s per input channel, b′ = b + Σ w·t. Exact without padding, for ungrouped convolutions. */
function foldBackward(model: OnnxModel, conv: OnnxNode, { scale, shift }: Affine): boolean {
  const pads = conv.attributes['pads'];
  if (conv.attributes['group'] !== undefined || (pads?.kind === 'ints' && pads.value.some((p) => p !== 0)))
    return false;
  const weights = floats(model, conv.inputs[1]);
  if (weights === undefined) return false;
  const shape = model.initializers.get(conv.inputs[1]!)!.shape as [number, number, number, number];
  const [outputs, inputs, h, w] = shape;
  const bias = conv.inputs[2] === undefined ? new Float32Array(outputs) : floats(model, conv.inputs[2]);
  if (bias === undefined || inputs !== scale.length) return false;
  const channelOf = (i: number): number => Math.floor(i / (h * w)) % inputs;
  const added = new Float64Array(outputs);
  weights.forEach((weight, i) => {
    added[Math.floor(i / (h * w * inputs))]! += weight * shift[channelOf(i)]!;
  });
  replaceConstant(
    model,
    conv,
    1,
    shape,
    weights.map((weight, i) => weight * scale[channelOf(i)]!),
    'folded_weight',
  );
  replaceConstant(
    model,
    conv,
    2,
    [outputs],
    bias.map((b, o) => b + added[o]!),
    'folded_bias',
  );
  return true;
}

function replaceUses(model: OnnxModel, from: string, to: string): void {
  for (const node of model.nodes) node.inputs = node.inputs.map((name) => (name === from ? to : name));
}
