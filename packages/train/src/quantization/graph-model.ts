import type { OnnxModel, OnnxNode } from '@asc/onnx';
import { UsageError } from '@asc/core';
import { input, model as layersModel, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { GraphLayer, type WatchedRange } from './graph-layer.js';

/** A trainable network made of an ONNX graph. */
export interface GraphModel {
  /** Gives logits: where the graph ends in a softmax or sigmoid, what goes into it. */
  readonly net: LayersModel;
  /** All of it. */
  readonly layer: GraphLayer;
}

/**
 * A network of an ONNX graph, to go on training it: its learnt constants (`learntConstants`) are weights. Batch norms take part
 * in their inference form.
 *
 * @param ranges Where watched ranges start, of a graph that `fakeQuantized` made.
 * @throws UsageError for an operator that cannot be run in tfjs, by name, or a graph whose sizes are not fixed.
 */
export function graphModel(model: OnnxModel, ranges: readonly WatchedRange[] = []): GraphModel {
  const [first] = model.outputs;
  const output = beforeActivation(model, first?.name ?? '');
  const outputShape = (first?.shape ?? []).map((size) => (typeof size === 'number' ? size : null));
  const layer = new GraphLayer({ model, output, outputShape: [null, ...outputShape.slice(1)], ranges });
  const inputs = model.inputs.map(({ name, shape }) => {
    const sizes = shape.slice(1);
    if (sizes.every((size) => typeof size === 'number')) return input({ name, shape: sizes });
    throw new UsageError({
      what: `The graph's input "${name}" has a size that is not fixed.`,
      expected: 'numbers for all axes but the first',
      received: `(${shape.join(', ')})`,
    });
  });
  const outputs = layer.apply(inputs) as SymbolicTensor;
  return { net: layersModel({ inputs, outputs, name: model.graphName || 'graph' }), layer };
}

/** The logits behind a last softmax or sigmoid; the output itself where there is neither. */
function beforeActivation({ nodes }: OnnxModel, output: string): string {
  const producer = (name: string): OnnxNode | undefined => nodes.find(({ outputs }) => outputs.includes(name));
  let node = producer(output);
  while (node?.op === 'Identity') node = producer(node.inputs[0] ?? '');
  return node !== undefined && ['Softmax', 'Sigmoid'].includes(node.op) ? (node.inputs[0] ?? output) : output;
}
