import type { OnnxModel, OnnxNode } from '@asc/onnx';
import { indexGraph, onlyConsumer } from '../graph-index.js';
import { intsOf } from './attributes.js';

/** Zeros around the maps (B, C, H, W) of a `Conv` become its own padding: `Pad` has no 8-bit kernel. */
export function padInsideConv(model: OnnxModel): OnnxModel {
  const index = indexGraph(model);
  const inside = new Map<OnnxNode, OnnxNode>();
  for (const pad of model.nodes) {
    const conv = onlyConsumer(index, pad.outputs[0] ?? '');
    if (conv?.op === 'Conv' && conv.inputs[0] === pad.outputs[0] && zerosAround(pad, model) !== undefined) {
      inside.set(conv, pad);
    }
  }
  const pads = new Set(inside.values());
  const nodes = model.nodes.flatMap((node): OnnxNode[] => {
    if (pads.has(node)) return [];
    const pad = inside.get(node);
    if (pad === undefined) return [node];
    const around = zerosAround(pad, model) ?? [];
    const own = intsOf(node, 'pads', [0, 0, 0, 0]);
    const value = own.map((size, side) => size + (around[side] ?? 0));
    const attributes = { ...node.attributes, pads: { kind: 'ints', value } } as const;
    return [{ ...node, inputs: [pad.inputs[0] ?? '', ...node.inputs.slice(1)], attributes }];
  });
  return { ...model, nodes };
}

/** [top, left, bottom, right] of a `Pad` that puts zeros around maps and nothing else. */
function zerosAround(node: OnnxNode, model: OnnxModel): readonly number[] | undefined {
  if (node.op !== 'Pad' || node.inputs[3]) return undefined;
  const mode = node.attributes['mode'];
  if (mode?.kind === 'string' && mode.value !== 'constant') return undefined;
  if (node.inputs[2] && model.initializers.get(node.inputs[2])?.data[0] !== 0) return undefined;
  const sizes = Array.from((model.initializers.get(node.inputs[1] ?? '')?.data ?? []) as ArrayLike<bigint>, Number);
  const [batch, channels, top = 0, left = 0, batchEnd, channelsEnd, bottom = 0, right = 0] = sizes;
  if (sizes.length !== 8 || batch !== 0 || channels !== 0 || batchEnd !== 0 || channelsEnd !== 0) return undefined;
  return [top, left, bottom, right].every((size) => size >= 0) ? [top, left, bottom, right] : undefined;
}
