import type { NdArrays } from '@asc/core';
import { OnnxRunner, type OnnxModel, type OnnxNode } from '@asc/onnx';
import type { QuantizationPlan } from './plan-quantization.js';
import { probeModel } from './probe-model.js';
import { channelIndex } from './quantize-weights.js';
import { freshName, valueNames } from './value-names.js';

const WEIGHTED = new Set(['Conv', 'Gemm', 'MatMul']);

/** The same model with a bias of its own at every convolution and dense layer. */
export function withOwnBiases(model: OnnxModel): OnnxModel {
  const initializers = new Map(model.initializers);
  const taken = valueNames(model);
  const nodes = model.nodes.map((node): OnnxNode => {
    const weight = initializers.get(node.inputs[1] ?? '');
    if ((node.op !== 'Conv' && node.op !== 'Gemm') || weight?.type !== 'float32') return node;
    const old = node.inputs[2] ? initializers.get(node.inputs[2]) : undefined;
    if (node.inputs[2] && old?.type !== 'float32') return node;
    const transposed = node.attributes['transB'];
    const rows = node.op === 'Conv' || (transposed?.kind === 'int' && transposed.value === 1);
    const size = weight.shape[rows ? 0 : 1] ?? 0;
    const name = freshName(`${node.outputs[0]}.b`, taken);
    initializers.set(name, old ?? { type: 'float32', shape: [size], data: new Float32Array(size) });
    return { ...node, inputs: [...node.inputs.slice(0, 2), name] };
  });
  return { ...model, nodes, initializers };
}

/**
 * The float32 model with biases that undo the mean error its 8-bit form makes at each convolution and dense layer, one after the
 * other from the input on, so that each sees the ones before it corrected. Source: Nagel et al. 2019, "Data-free quantization
 * through weight equalization and bias correction", with measured instead of assumed means.
 *
 * @param model What `withOwnBiases` made.
 * @param write Makes the 8-bit form of a float32 model with the nodes of `model`.
 */
export async function correctBiases(
  model: OnnxModel,
  plan: QuantizationPlan,
  write: (model: OnnxModel) => OnnxModel,
  feeds: readonly NdArrays[],
  threads: number | undefined,
): Promise<OnnxModel> {
  const weighted = model.nodes.filter(({ op }) => WEIGHTED.has(op));
  let current = model;
  for (const [place, node] of weighted.entries()) {
    const [, , name = ''] = node.inputs;
    const bias = current.initializers.get(name);
    if (!plan.rules.has(node) || bias?.type !== 'float32' || isShared(node, model)) continue;
    // The 8-bit form has the same weighted nodes in the same order, under other values' names.
    const written = write(current);
    const twin = written.nodes.filter(({ op }) => WEIGHTED.has(op))[place];
    const wanted = await channelMeans(model, node.outputs[0] ?? '', node, feeds, threads);
    const found = await channelMeans(written, twin?.outputs[0] ?? '', node, feeds, threads);
    const data = (bias.data as Float32Array).map((value, c) => value + (wanted[c] ?? 0) - (found[c] ?? 0));
    current = { ...current, initializers: new Map(current.initializers).set(name, { ...bias, data }) };
  }
  return current;
}

/** A weight used twice would have to be right for both. */
function isShared(node: OnnxNode, model: OnnxModel): boolean {
  return model.nodes.some((other) => other !== node && other.inputs.includes(node.inputs[1] ?? ''));
}

/** Mean of each channel (axis 1 of both convolutions and dense layers) over all feeds. */
async function channelMeans(
  model: OnnxModel,
  value: string,
  { op }: OnnxNode,
  feeds: readonly NdArrays[],
  threads: number | undefined,
): Promise<Float64Array> {
  const shapes = probeModel(model, [value], 'shape');
  const values = probeModel(model, [value], 'values');
  const options = threads === undefined ? {} : { threads };
  const runners = [await OnnxRunner.create(shapes.model, options), await OnnxRunner.create(values.model, options)];
  let sums = new Float64Array();
  let count = 0;
  try {
    for (const feed of feeds) {
      const shape = Array.from((await runners[0]?.run(feed))?.[shapes.names.get(value)?.[0] ?? '']?.data ?? []);
      const data = (await runners[1]?.run(feed))?.[values.names.get(value)?.[0] ?? '']?.data ?? [];
      const channels = shape[1] ?? 1;
      if (sums.length === 0) sums = new Float64Array(channels);
      const channelOf = channelIndex(shape, op === 'Conv' ? 1 : shape.length - 1);
      for (let i = 0; i < data.length; i++) sums[channelOf(i)] = (sums[channelOf(i)] ?? 0) + (data[i] ?? 0);
      count += data.length / channels;
    }
  } finally {
    await Promise.all(runners.map((runner) => runner.release()));
  }
  return sums.map((sum) => sum / count);
}
