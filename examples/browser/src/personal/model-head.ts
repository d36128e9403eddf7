import { DataError, type LabelSpace, type ModelCard } from '@asc/core';
import { getModelCard, ONNX_TYPE, setModelCard, type OnnxModel, type OnnxNode } from '@asc/onnx';

/** Last layer of a classifier: features (B, E) to logits (B, Y). */
export interface Head {
  /** (E, Y) row-major. */
  readonly weights: Float32Array;
  /** (Y) */
  readonly bias: Float32Array;
}

/** What a classifier calls its output. */
const OUTPUT = 'probabilities';
const FEATURES = 'features';

/**
 * The network up to its last hidden layer: the same input, one output `features` (B, E).
 *
 * @throws DataError where the model does not end in a dense layer.
 */
export function withoutHead(model: OnnxModel): { readonly model: OnnxModel; readonly width: number } {
  const { nodes, initializers, width } = body(model);
  const outputs = [{ name: FEATURES, type: 'float32' as const, shape: ['B', width] }];
  return { model: { ...pruned({ ...model, initializers }, nodes), outputs }, width };
}

/** The network with another last layer, which tells other scenes apart; its card says so. */
export function withHead(model: OnnxModel, head: Head, scenes: readonly string[]): OnnxModel {
  const { nodes, initializers, width } = body(model);
  initializers.set('head/weights', { type: 'float32', shape: [width, scenes.length], data: head.weights });
  initializers.set('head/bias', { type: 'float32', shape: [scenes.length], data: head.bias });
  const layer = [
    node('MatMul', [FEATURES, 'head/weights'], 'head/product'),
    node('Add', ['head/product', 'head/bias'], 'head/logits'),
    node('Softmax', ['head/logits'], OUTPUT, { axis: { kind: 'int', value: 1 } }),
  ];
  const changed: OnnxModel = {
    ...pruned({ ...model, initializers }, [...nodes, ...layer]),
    outputs: [{ name: OUTPUT, type: 'float32', shape: ['B', scenes.length] }],
    metadata: { ...model.metadata },
  };
  setModelCard(changed, personalCard(getModelCard(model), scenes));
  return changed;
}

/** All up to the last dense layer, whose input becomes {@link FEATURES} (B, E), whatever axes of 1 it had. */
function body(model: OnnxModel): { nodes: OnnxNode[]; initializers: OnnxModel['initializers']; width: number } {
  const { features, width } = lastHidden(model);
  const shape = { type: 'int64' as const, shape: [2], data: BigInt64Array.of(-1n, BigInt(width)) };
  return {
    nodes: [
      ...needed(model.nodes, features),
      node('Reshape', [features, 'head/shape'], 'head/flat'),
      // A model of half precision computes its features in that.
      node('Cast', ['head/flat'], FEATURES, { to: { kind: 'int', value: ONNX_TYPE.float32 } }),
    ],
    initializers: new Map(model.initializers).set('head/shape', shape),
    width,
  };
}

function node(op: string, inputs: string[], output: string, attributes: OnnxNode['attributes'] = {}): OnnxNode {
  return { op, domain: '', name: `head/${op}`, inputs, outputs: [output], attributes };
}

/** Without the recipe, which is not what these scenes were learnt by. */
function personalCard(card: ModelCard, scenes: readonly string[]): ModelCard {
  const labels: LabelSpace = { scenes: [...scenes], abstracts: [], abstractOf: [] };
  const { name, sampleRateHz, clipSamples, input, frontEnd, patches } = card;
  const own = { name: `${name}-personal`, labels, sampleRateHz, clipSamples, input, frontEnd };
  return patches === undefined ? own : { ...own, patches };
}

/** Walks back from the output to the dense layer and names what it reads. */
function lastHidden(model: OnnxModel): { features: string; width: number } {
  const makers = makersOf(model.nodes);
  const isConstant = (name: string): boolean =>
    model.initializers.has(name) || (makers.get(name)?.inputs.filter(Boolean).every(isConstant) ?? false);
  let at = makers.get(OUTPUT);
  while (at !== undefined) {
    const [features, weights] = at.inputs;
    if ((at.op === 'MatMul' || at.op === 'Gemm') && features !== undefined && weights !== undefined) {
      if (isConstant(weights)) return { features, width: widthOf(model, at, makers) };
    }
    at = at.inputs.map((name) => (isConstant(name) ? undefined : makers.get(name))).find((node) => node !== undefined);
  }
  throw new DataError({
    what: 'This model does not end in a dense layer, so it cannot be taught new places.',
    hint: 'Use a classifier whose last layer is dense.',
  });
}

/** Numbers a dense layer reads (E): the rows of its weights (…, E, Y), or their columns where it takes them transposed. */
function widthOf(model: OnnxModel, dense: OnnxNode, makers: ReadonlyMap<string, OnnxNode>): number {
  // A quantized model keeps its weights behind a DequantizeLinear.
  let name = dense.inputs[1]!;
  while (!model.initializers.has(name)) name = makers.get(name)!.inputs[0]!;
  const { shape } = model.initializers.get(name)!;
  const transposed = dense.attributes['transB'];
  return shape.at(transposed?.kind === 'int' && transposed.value === 1 ? -1 : -2)!;
}

const makersOf = (nodes: readonly OnnxNode[]): Map<string, OnnxNode> =>
  new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));

/** The nodes that `value` depends on, in order. */
function needed(nodes: readonly OnnxNode[], value: string): OnnxNode[] {
  const wanted = new Set([value]);
  const kept: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    for (const input of node.inputs) wanted.add(input);
    kept.unshift(node);
  }
  return kept;
}

/** A copy with these nodes and the constants they read. */
function pruned(model: OnnxModel, nodes: OnnxNode[]): OnnxModel {
  const read = new Set(nodes.flatMap((node) => node.inputs));
  return {
    ...model,
    nodes,
    initializers: new Map([...model.initializers].filter(([name]) => read.has(name))),
    valueInfo: [],
  };
}
