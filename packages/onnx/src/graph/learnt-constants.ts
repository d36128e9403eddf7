import type { OnnxModel, OnnxNode, OnnxTensor } from '../model/onnx-model.js';
import { takesMeans } from './takes-means.js';

/** Operators with learnt constants, in these operands. */
const LEARNT: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  Gemm: [1, 2],
  MatMul: [0, 1],
  PRelu: [1],
  BatchNormalization: [1, 2],
};

/**
 * The constants of a graph that a network learns, by name, in graph order: weights and biases of convolutions and matrix
 * products, slopes, gains and shifts. A matrix of nothing but 0 and 1 moves numbers, a convolution
 * with nothing but 1/n takes means, and neither is one of them; nor are
 * constants that are added or multiplied elsewhere, which may be anything.
 */
export function learntConstants(model: OnnxModel): Map<string, OnnxTensor> {
  const found = new Map<string, OnnxTensor>();
  /** Values that want a bias. */
  const products = new Set<string>();
  for (const node of model.nodes) {
    const [first = '', second = ''] = node.inputs;
    const learnt = learntOperands(node, products).filter((name) => {
      const constant = model.initializers.get(name);
      if (constant?.type !== 'float32') return false;
      return !(node.op === 'MatMul' && isSelection(constant)) && !(node.op === 'Conv' && takesMeans(constant));
    });
    for (const name of learnt) found.set(name, model.initializers.get(name) as OnnxTensor);
    const isProduct = node.op === 'MatMul' && (learnt.includes(first) || learnt.includes(second));
    if (isProduct || (node.op === 'Reshape' && products.has(first))) products.add(node.outputs[0] ?? '');
  }
  return found;
}

/** Names of the operands that are learnt where they are constants. */
function learntOperands({ op, domain, inputs }: OnnxNode, products: ReadonlySet<string>): string[] {
  if (domain !== '') return [];
  if (op === 'Add' && inputs.some((name) => products.has(name))) return inputs.filter((name) => !products.has(name));
  return (LEARNT[op] ?? []).flatMap((at) => inputs[at] ?? []);
}

function isSelection({ data }: OnnxTensor): boolean {
  return (data as Float32Array).every((value) => value === 0 || value === 1);
}
