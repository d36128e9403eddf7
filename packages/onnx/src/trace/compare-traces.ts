import { TraceError } from '@asc/core';
import type { OnnxModel, OnnxTensor } from '../model/onnx-model.js';

/**
 * Refuses a function whose two traces are not the same graph: it draws or counts in JavaScript (a random crop, a random
 * slope), and the graph would freeze what it happened to do.
 */
export function compareTraces(a: OnnxModel, b: OnnxModel): void {
  const fail = (where: string): never => {
    throw new TraceError({
      what: `The function does something else each time it is called${where}: the graph would freeze one of them.`,
      hint: "Pass what changes as an input, or draw it from the step's `random` argument.",
    });
  };
  a.nodes.forEach((node, i) => {
    const twin = b.nodes[i];
    const same =
      twin !== undefined &&
      node.op === twin.op &&
      node.inputs.join() === twin.inputs.join() &&
      JSON.stringify(node.attributes) === JSON.stringify(twin.attributes) &&
      node.inputs.every((name) => sameConstant(a.initializers.get(name), b.initializers.get(name)));
    if (!same) fail(` at node '${node.name}'`);
  });
  if (b.nodes.length !== a.nodes.length) fail(` at node '${b.nodes[a.nodes.length]!.name}'`);
}

function sameConstant(a: OnnxTensor | undefined, b: OnnxTensor | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.shape.join() === b.shape.join() && a.data.every((v: number | bigint, i: number) => Object.is(v, b.data[i]));
}
