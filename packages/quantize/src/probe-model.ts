import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from '@asc/onnx';
import { makeNode } from './make-node.js';
import { freshName, valueNames } from './value-names.js';

/** What to look at: the whole tensor flattened to (n), its smallest, largest and summed values, or its shape. */
export type Probe = 'values' | 'range' | 'shape';

/** A model whose outputs are probes of its values: `names` gives, per value, the outputs that hold the probe's parts. */
export interface ProbedModel {
  readonly model: OnnxModel;
  readonly names: ReadonlyMap<string, readonly string[]>;
}

/**
 * `model` with probes of `values` in place of its outputs. Every probe has a known rank, so no shape inference is needed to
 * declare it.
 */
export function probeModel(model: OnnxModel, values: Iterable<string>, probe: Probe): ProbedModel {
  const taken = valueNames(model);
  const flat = freshName('probe.flat', taken);
  const initializers = new Map<string, OnnxTensor>(model.initializers);
  if (probe === 'values') initializers.set(flat, { type: 'int64', shape: [1], data: BigInt64Array.of(-1n) });
  const nodes: OnnxNode[] = [...model.nodes];
  const outputs: OnnxValueInfo[] = [];
  const names = new Map<string, readonly string[]>();
  for (const value of values) {
    const parts = PARTS[probe].map((part) => {
      const name = freshName(`${value}.${part}`, taken);
      if (part === 'values') nodes.push(makeNode('Reshape', [value, flat], [name]));
      else if (part === 'shape') {
        const long = freshName(`${name}.int64`, taken);
        nodes.push(
          makeNode('Shape', [value], [long]),
          makeNode('Cast', [long], [name], { to: { kind: 'int', value: 6 } }),
        );
      } else nodes.push(makeNode(part, [value], [name], { keepdims: { kind: 'int', value: 0 } }));
      outputs.push({
        name,
        type: part === 'shape' ? 'int32' : 'float32',
        shape: probe === 'range' ? [] : [`n.${name}`],
      });
      return name;
    });
    names.set(value, parts);
  }
  return { model: { ...model, nodes, initializers, outputs }, names };
}

/** ReduceSum is there for NaN, which it carries and the other two may drop. */
const PARTS: Record<Probe, readonly string[]> = {
  values: ['values'],
  shape: ['shape'],
  range: ['ReduceMin', 'ReduceMax', 'ReduceSum'],
};
