import type { OnnxModel } from '../model/onnx-model.js';

/**
 * Gives every value between input and output a short name and drops its declared shape, which every runtime infers: a small
 * model's file is a tenth names otherwise. Nodes keep theirs, so that a viewer and a report still show the layer.
 */
export function compactNames(model: OnnxModel): void {
  const kept = new Set([...model.inputs, ...model.outputs].map((v) => v.name));
  const short = new Map<string, string>([['', '']]);
  let next = 0;
  const rename = (name: string): string => {
    if (kept.has(name)) return name;
    let renamed = short.get(name);
    if (renamed === undefined) {
      do renamed = (next++).toString(36);
      while (kept.has(renamed));
      short.set(name, renamed);
    }
    return renamed;
  };
  for (const node of model.nodes) {
    node.inputs = node.inputs.map(rename);
    node.outputs = node.outputs.map(rename);
  }
  model.initializers = new Map([...model.initializers].map(([name, tensor]) => [rename(name), tensor]));
  model.valueInfo = [];
}
