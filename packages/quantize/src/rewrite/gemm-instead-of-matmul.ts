import type { OnnxModel, OnnxNode } from '@asc/onnx';
import { indexGraph, onlyConsumer } from '../graph-index.js';
import { makeNode } from '../make-node.js';
import { freshName, valueNames } from '../value-names.js';
import type { ValueShapes } from './rewrite-graph.js';

/** `MatMul` of a matrix (B, C) with a constant and an `Add` of a constant row behind it become one `Gemm`. */
export function gemmInsteadOfMatMul(model: OnnxModel, shapes: ValueShapes): OnnxModel {
  const index = indexGraph(model);
  const initializers = new Map(model.initializers);
  const taken = valueNames(model);
  const merged = new Map<OnnxNode, OnnxNode | undefined>();
  for (const node of model.nodes) {
    const [input = '', weight = ''] = node.inputs;
    const matrix = initializers.get(weight);
    if (node.op !== 'MatMul' || shapes.get(input)?.length !== 2 || matrix?.shape.length !== 2) continue;
    const [product = ''] = node.outputs;
    const add = onlyConsumer(index, product);
    const bias = add?.op === 'Add' ? initializers.get(add.inputs.find((name) => name !== product) ?? '') : undefined;
    if (add === undefined || bias?.type !== 'float32' || bias.data.length !== matrix.shape[1]) continue;
    const row = freshName(`${add.outputs[0]}.b`, taken);
    initializers.set(row, { ...bias, shape: [bias.data.length] });
    merged.set(node, undefined);
    merged.set(add, { ...makeNode('Gemm', [input, weight, row], add.outputs), name: node.name });
  }
  const nodes = model.nodes.flatMap((node) => (merged.has(node) ? (merged.get(node) ?? []) : [node]));
  return { ...model, nodes, initializers };
}
