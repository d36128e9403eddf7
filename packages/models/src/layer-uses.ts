import type { layers, LayersModel, Shape } from '@tensorflow/tfjs-layers';
import type { LayerUse } from './graph-costs.js';

type Node = LayersModel['nodesByDepth'][string][number];

/** Every use of every layer of a model, from its inputs on; `price` tells the MACs of one. */
export function layerUses(
  model: LayersModel,
  price: (layer: layers.Layer, inputShape: Shape, outputShape: Shape) => number,
): LayerUse[] {
  const nodes = Object.values(model.nodesByDepth).flat();
  const sourcesOf = (node: Node): Node[] =>
    node.inboundLayers.map((layer, i) => layer.inboundNodes[node.nodeIndices[i]!]!);
  const readers = new Map<Node, number>();
  for (const source of nodes.flatMap(sourcesOf)) readers.set(source, (readers.get(source) ?? 0) + 1);
  const uses = new Map<Node, LayerUse>();
  const useOf = (node: Node): LayerUse => {
    const known = uses.get(node);
    if (known !== undefined) return known;
    const layer = node.outboundLayer;
    const inputShapes = shapes(node.inputShapes);
    const outputShape = shapes(node.outputShapes)[0]!;
    const macs = price(layer, inputShapes[0]!, outputShape);
    const sources = sourcesOf(node).map(useOf);
    const use = { layer, inputShapes, outputShape, sources, readers: readers.get(node) ?? 0, macs };
    uses.set(node, use);
    return use;
  };
  return nodes.map(useOf);
}

function shapes(value: Shape | Shape[]): Shape[] {
  return (Array.isArray(value[0]) ? value : [value]) as Shape[];
}
