import { sizeOf } from '@asc/core';
import type { OnnxModel, OnnxNode } from '@asc/onnx';
import { makeNode } from '../make-node.js';
import { weightedRegion } from '../select-nodes.js';
import { freshName, valueNames } from '../value-names.js';
import { axesOf, hasFixedSize, intOf, intsOf } from './attributes.js';
import type { ValueShapes } from './rewrite-graph.js';

/**
 * Means of maps (B, C, H, W) over windows, over one spatial axis or over the channels become `Conv` with the weight 1/n: 8-bit
 * `AveragePool` takes ten times as long, and `ReduceMean` runs in float32. Means over whole maps stay `GlobalAveragePool`, and
 * those in front of the first convolution, where nothing is on 8 bits, what they are.
 */
export function convInsteadOfMean(model: OnnxModel, shapes: ValueShapes): OnnxModel {
  const initializers = new Map(model.initializers);
  const taken = valueNames(model);
  const fixed = hasFixedSize(model);
  const behind = weightedRegion(model);
  const nodes = model.nodes.map((node): OnnxNode => {
    const shape = shapes.get(node.inputs[0] ?? '') ?? [];
    const [, channels = 0] = shape;
    const window = shape.length === 4 && behind.has(node) ? meanWindow(node, model, shape, fixed) : undefined;
    if (window === undefined || window.channels * sizeOf(window.size) === 1) return node;
    const weight = freshName(`${node.outputs[0]}.mean`, taken);
    const own = window.channels === 1;
    const tensor = [own ? channels : 1, window.channels, ...window.size];
    const data = new Float32Array(sizeOf(tensor)).fill(1 / sizeOf(tensor.slice(1)));
    initializers.set(weight, { type: 'float32', shape: tensor, data });
    const attributes: OnnxNode['attributes'] = {
      group: { kind: 'int', value: own ? channels : 1 },
      kernel_shape: { kind: 'ints', value: [...window.size] },
      ...window.attributes,
    };
    return { ...makeNode('Conv', [node.inputs[0] ?? '', weight], [...node.outputs], attributes), name: node.name };
  });
  return { ...model, nodes, initializers };
}

interface MeanWindow {
  readonly channels: number;
  readonly size: readonly [number, number];
  readonly attributes: OnnxNode['attributes'];
}

function meanWindow(
  node: OnnxNode,
  model: OnnxModel,
  [, channels = 0, height = 0, width = 0]: readonly number[],
  fixed: boolean,
): MeanWindow | undefined {
  if (node.op === 'AveragePool') {
    const [h = 1, w = 1] = intsOf(node, 'kernel_shape', []);
    const pads = intsOf(node, 'pads', [0, 0, 0, 0]);
    // At an edge, a mean over fewer numbers has other weights.
    const whole = pads.every((size) => size === 0) || intOf(node, 'count_include_pad', 0) === 1;
    const plain = intOf(node, 'ceil_mode', 0) === 0 && node.attributes['auto_pad'] === undefined;
    const undilated = intsOf(node, 'dilations', []).every((size) => size === 1);
    if (!whole || !plain || !undilated) return undefined;
    const { pads: around, strides } = node.attributes;
    return { channels: 1, size: [h, w], attributes: { ...(around && { pads: around }), ...(strides && { strides }) } };
  }
  if (node.op !== 'ReduceMean' || intOf(node, 'keepdims', 1) !== 1) return undefined;
  const axes = axesOf(node, model, 4)?.join();
  if (axes === '1') return { channels, size: [1, 1], attributes: {} };
  if (!fixed || (axes !== '2' && axes !== '3')) return undefined;
  return { channels: 1, size: axes === '2' ? [height, 1] : [1, width], attributes: {} };
}
