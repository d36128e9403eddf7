import type { OnnxModel, OnnxNode } from '@asc/onnx';
import { makeNode } from '../make-node.js';
import { freshName, valueNames } from '../value-names.js';
import type { ValueShapes } from './rewrite-graph.js';

/**
 * Means over all spatial axes of (B, C, …) become `GlobalAveragePool`, and `GlobalMaxPool` becomes `ReduceMax`: of each
 * pair, ONNX Runtime has an 8-bit kernel for the second only.
 */
export function poolInsteadOfReduce(model: OnnxModel, shapes: ValueShapes): OnnxModel {
  const initializers = new Map(model.initializers);
  const taken = valueNames(model);
  const opset = model.opsets[''] ?? 0;
  const axesOf = (node: OnnxNode): readonly number[] | undefined => {
    const attribute = node.attributes['axes'];
    if (attribute?.kind === 'ints') return attribute.value;
    const data = initializers.get(node.inputs[1] ?? '')?.data;
    return data instanceof BigInt64Array ? Array.from(data, Number) : undefined;
  };
  const addAxes = (output: string, axes: readonly number[]): string => {
    const name = freshName(`${output}.axes`, taken);
    initializers.set(name, { type: 'int64', shape: [axes.length], data: BigInt64Array.from(axes, BigInt) });
    return name;
  };

  const nodes = model.nodes.flatMap((node): OnnxNode[] => {
    const [input = '', output = ''] = [node.inputs[0], node.outputs[0]];
    const rank = shapes.get(input)?.length ?? 0;
    if (rank < 3) return [node];
    const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 2);
    if (node.op === 'GlobalMaxPool') {
      if (opset >= 18)
        return [{ ...makeNode('ReduceMax', [input, addAxes(output, spatial)], [output]), name: node.name }];
      return [
        { ...makeNode('ReduceMax', [input], [output], { axes: { kind: 'ints', value: spatial } }), name: node.name },
      ];
    }
    const axes = node.op === 'ReduceMean' ? axesOf(node)?.map((axis) => (axis < 0 ? axis + rank : axis)) : undefined;
    if (axes === undefined || axes.toSorted((a, b) => a - b).join() !== spatial.join()) return [node];
    const keep = node.attributes['keepdims'];
    if (keep?.kind !== 'int' || keep.value === 1)
      return [{ ...makeNode('GlobalAveragePool', [input], [output]), name: node.name }];
    const pooled = freshName(`${output}.pooled`, taken);
    return [
      { ...makeNode('GlobalAveragePool', [input], [pooled]), name: node.name },
      makeNode('Squeeze', [pooled, addAxes(output, spatial)], [output]),
    ];
  });
  return { ...model, nodes, initializers };
}
