import type { OnnxModel, OnnxNode } from '@asc/onnx';
import { makeNode } from '../make-node.js';
import { axesOf, hasFixedSize, intOf } from './attributes.js';
import type { ValueShapes } from './rewrite-graph.js';

/** Maxima over whole maps (B, C, H, W) of fixed size become `MaxPool` with one window: 8-bit `ReduceMax` takes ten times as long. */
export function poolInsteadOfMax(model: OnnxModel, shapes: ValueShapes): OnnxModel {
  if (!hasFixedSize(model)) return model;
  const nodes = model.nodes.map((node): OnnxNode => {
    const [, , ...map] = shapes.get(node.inputs[0] ?? '') ?? [];
    if (node.op !== 'ReduceMax' || map.length !== 2 || intOf(node, 'keepdims', 1) !== 1) return node;
    if (axesOf(node, model, 4)?.join() !== '2,3') return node;
    const attributes = { kernel_shape: { kind: 'ints', value: map } } as const;
    return { ...makeNode('MaxPool', node.inputs.slice(0, 1), [...node.outputs], attributes), name: node.name };
  });
  return { ...model, nodes };
}
