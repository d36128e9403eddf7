import { FRONT_END_SCOPE, type OnnxModel, type OnnxNode } from '@asc/onnx';
import { makeNode } from '../make-node.js';
import { freshName, valueNames } from '../value-names.js';
import { hasFixedSize, intOf, intsOf } from './attributes.js';
import type { ValueShapes } from './rewrite-graph.js';

/**
 * A first convolution of one channel reads its h rows as channels instead: (B, 1, H, W) with the kernel h × w becomes (B, h, H′, W) with
 * the kernel 1 × w. The rows are cut out in float32, in front of the integers; see {@link fillBlocks}.
 */
export function rowsAsChannels(model: OnnxModel, shapes: ValueShapes): OnnxModel {
  if (!hasFixedSize(model)) return model;
  const firsts = firstConvolutions(model);
  const initializers = new Map(model.initializers);
  const taken = valueNames(model);
  const integers = (name: string, values: readonly number[]): string => {
    const fresh = freshName(name, taken);
    initializers.set(fresh, { type: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) });
    return fresh;
  };
  const nodes = model.nodes.flatMap((node): OnnxNode[] => {
    const [input = '', weightName = '', ...bias] = node.inputs;
    const [output = ''] = node.outputs;
    const weight = initializers.get(weightName);
    const height = shapes.get(input)?.[2] ?? 0;
    if (!firsts.has(node) || weight?.type !== 'float32' || weight.shape.length !== 4) return [node];
    const [filters = 0, channels, h = 1, w = 1] = weight.shape;
    const undilated = intsOf(node, 'dilations', []).every((size) => size === 1);
    const plain = intOf(node, 'group', 1) === 1 && undilated && node.attributes['auto_pad'] === undefined;
    if (channels !== 1 || h === 1 || height === 0 || !plain) return [node];

    const [stride = 1, strideW = 1] = intsOf(node, 'strides', []);
    const [top = 0, left = 0, bottom = 0, right = 0] = intsOf(node, 'pads', []);
    const rows = Math.floor((height + top + bottom - h) / stride) + 1;
    const made: OnnxNode[] = [];
    let map = input;
    if (top + bottom > 0) {
      map = freshName(`${output}.padded`, taken);
      made.push(makeNode('Pad', [input, integers(`${output}.pads`, [0, 0, top, 0, 0, 0, bottom, 0])], [map]));
    }
    const axes = integers(`${output}.axes`, [2]);
    const steps = integers(`${output}.steps`, [stride]);
    const parts = Array.from({ length: h }, (_, row) => {
      const limits = [row, row + (rows - 1) * stride + 1];
      const [begin = '', end = ''] = limits.map((place) => integers(`${output}.row`, [place]));
      const part = freshName(`${output}.part`, taken);
      made.push(makeNode('Slice', [map, begin, end, axes, steps], [part]));
      return part;
    });
    const stack = freshName(`${output}.rows`, taken);
    made.push(makeNode('Concat', parts, [stack], { axis: { kind: 'int', value: 1 } }));
    const name = freshName(`${output}.w`, taken);
    initializers.set(name, { ...weight, shape: [filters, h, 1, w] });
    const attributes: OnnxNode['attributes'] = {
      kernel_shape: { kind: 'ints', value: [1, w] },
      strides: { kind: 'ints', value: [1, strideW] },
      pads: { kind: 'ints', value: [0, left, 0, right] },
    };
    return [...made, { ...makeNode('Conv', [stack, name, ...bias], [output], attributes), name: node.name }];
  });
  return { ...model, nodes, initializers };
}

/** Convolutions behind no other one, front ends aside. */
function firstConvolutions(model: OnnxModel): Set<OnnxNode> {
  const firsts = new Set<OnnxNode>();
  const behind = new Set<string>();
  for (const node of model.nodes) {
    if (node.name.startsWith(`${FRONT_END_SCOPE}/`)) continue;
    const reached = node.inputs.some((input) => behind.has(input));
    if (node.op === 'Conv' && !reached) firsts.add(node);
    if (node.op !== 'Conv' && !reached) continue;
    for (const output of node.outputs) behind.add(output);
  }
  return firsts;
}
