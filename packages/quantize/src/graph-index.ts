import type { OnnxModel, OnnxNode } from '@asc/onnx';

/** Who makes and who uses each value of a graph. */
export interface GraphIndex {
  readonly producerOf: ReadonlyMap<string, OnnxNode>;
  readonly consumersOf: ReadonlyMap<string, readonly OnnxNode[]>;
  readonly graphOutputs: ReadonlySet<string>;
}

/** Index of `model` as it is now: build it anew after changing the graph. */
export function indexGraph(model: OnnxModel): GraphIndex {
  const producerOf = new Map<string, OnnxNode>();
  const consumersOf = new Map<string, OnnxNode[]>();
  for (const node of model.nodes) {
    for (const output of node.outputs) producerOf.set(output, node);
    for (const input of new Set(node.inputs)) {
      const consumers = consumersOf.get(input);
      if (consumers === undefined) consumersOf.set(input, [node]);
      else consumers.push(node);
    }
  }
  return { producerOf, consumersOf, graphOutputs: new Set(model.outputs.map(({ name }) => name)) };
}

/** The one node that uses `value`, or `undefined` where several do, none does or it leaves the graph. */
export function onlyConsumer(index: GraphIndex, value: string): OnnxNode | undefined {
  const consumers = index.consumersOf.get(value) ?? [];
  return consumers.length === 1 && !index.graphOutputs.has(value) ? consumers[0] : undefined;
}
