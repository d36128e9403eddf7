import type { OnnxModel, OnnxNode, OnnxTensor } from '../model/onnx-model.js';

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
 * products, slopes, gains and shifts. A matrix of nothing but 0 and 1 moves numbers and is not one of them; nor are
 * constants that are added or multiplied elsewhere, which may be anything.
 */
export function learntConstants(model: OnnxModel): Map<string, OnnxTensor> {
  const found = new Map<string, OnnxTensor>();
  for (const node of model.nodes) {
    for (const at of learntOperands(node)) {
      const name = node.inputs[at] ?? '';
      const constant = model.initializers.get(name);
      if (constant?.type === 'float32' && !(node.op === 'MatMul' && isSelection(constant))) found.set(name, constant);
    }
  }
  return found;
}

function learntOperands({ op, domain }: OnnxNode): readonly number[] {
  return domain === '' ? (LEARNT[op] ?? []) : [];
}

function isSelection({ data }: OnnxTensor): boolean {
  return (data as Float32Array).every((value) => value === 0 || value === 1);
}
