import type { NdArrays } from '@asc/core';
import { OnnxRunner, type OnnxModel, type OnnxNode, type OnnxTensor } from '@asc/onnx';
import type { InputGram } from './adaptive-rounding.js';
import { makeNode } from './make-node.js';
import type { QuantizationPlan } from './plan-quantization.js';
import { weightKey } from './qdq-constants.js';
import { freshName, valueNames } from './value-names.js';

/** Layers with more inputs an output are left out: the matrix grows with their square. */
const MOST_INPUTS = 2304;

/**
 * The Gram matrix of the inputs of every weight of a plan, summed over feeds and uses, by the name the quantizer keeps the weight under.
 * ONNX Runtime computes them: the patches under a convolution's kernel are a convolution with one-hot kernels.
 */
export async function inputGrams(
  model: OnnxModel,
  plan: QuantizationPlan,
  feeds: readonly NdArrays[],
  threads: number | undefined,
): Promise<Map<string, InputGram>> {
  if (feeds.length === 0) return new Map();
  const probe = probeGrams(model, plan);
  const runner = await OnnxRunner.create(probe.model, threads === undefined ? {} : { threads });
  const grams = new Map<string, InputGram>();
  try {
    for (const feed of feeds) {
      const results = await runner.run(feed);
      for (const { key, output, groups, inputs } of probe.layers) {
        const data = results[output]?.data ?? [];
        const known = grams.get(key);
        const sums = known?.sums ?? new Float64Array(groups * inputs * inputs);
        if (sums.length === data.length)
          for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + Number(data[i]);
        grams.set(key, { groups, inputs, sums });
      }
    }
  } finally {
    await runner.release();
  }
  return grams;
}

/** A layer whose Gram matrix is asked for. */
interface Layer {
  readonly key: string;
  readonly output: string;
  readonly groups: number;
  readonly inputs: number;
}

/** The model with Gram matrices, flat, in place of its outputs. */
function probeGrams(
  model: OnnxModel,
  plan: QuantizationPlan,
): { readonly model: OnnxModel; readonly layers: readonly Layer[] } {
  const taken = valueNames(model);
  const initializers = new Map(model.initializers);
  const nodes: OnnxNode[] = [...model.nodes];
  const layers: Layer[] = [];
  const constant = (tensor: OnnxTensor): string => {
    const name = freshName('gram.constant', taken);
    initializers.set(name, tensor);
    return name;
  };
  const integers = (...values: number[]): string =>
    constant({ type: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) });
  const append = (op: string, inputs: string[], attributes: OnnxNode['attributes'] = {}): string => {
    const name = freshName('gram.value', taken);
    nodes.push(makeNode(op, inputs, [name], attributes));
    return name;
  };
  for (const [node, rule] of plan.rules) {
    const [input = '', weightName = ''] = node.inputs;
    const weight = model.initializers.get(weightName);
    if (weight === undefined || (rule !== 'conv' && rule !== 'gemm' && rule !== 'matmul')) continue;
    const { key, axis } = weightKey(node, rule);
    const inputs = weight.data.length / (weight.shape[axis] ?? 1);
    if (inputs > MOST_INPUTS) continue;
    const groups = rule === 'conv' ? intOf(node, 'group', 1) : 1;
    let rows: string;
    if (rule === 'conv') {
      const kernels = constant(oneHot([groups * inputs, ...weight.shape.slice(1)]));
      const patches = append('Conv', [input, kernels], node.attributes);
      rows = append('Reshape', [patches, integers(0, groups, inputs, -1)]);
    } else {
      const flat = append('Reshape', [input, integers(1, 1, -1, inputs)]);
      rows = append('Transpose', [flat], { perm: { kind: 'ints', value: [0, 1, 3, 2] } });
    }
    const columns = append('Transpose', [rows], { perm: { kind: 'ints', value: [0, 1, 3, 2] } });
    const products = append('MatMul', [rows, columns]);
    const summed = append('ReduceSum', [products, integers(0)], { keepdims: { kind: 'int', value: 0 } });
    layers.push({ key, output: append('Reshape', [summed, integers(-1)]), groups, inputs });
  }
  const outputs = layers.map(({ output }) => ({ name: output, type: 'float32' as const, shape: [`n.${output}`] }));
  return { model: { ...model, nodes, initializers, outputs }, layers };
}

/** Kernels (groups · K, …) that each pick one of the K numbers under them. */
function oneHot(shape: number[]): OnnxTensor {
  const inputs = shape.slice(1).reduce((product, size) => product * size, 1);
  const data = new Float32Array((shape[0] ?? 0) * inputs);
  for (let row = 0; row < (shape[0] ?? 0); row++) data[row * inputs + (row % inputs)] = 1;
  return { type: 'float32', shape, data };
}

function intOf(node: OnnxNode, name: string, otherwise: number): number {
  const attribute = node.attributes[name];
  return attribute?.kind === 'int' ? attribute.value : otherwise;
}
