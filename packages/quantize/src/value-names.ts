import type { OnnxModel } from '@asc/onnx';

/** Every value name the graph defines: inputs, initializers and node outputs. */
export function valueNames(model: OnnxModel): Set<string> {
  const names = new Set(model.initializers.keys());
  for (const input of model.inputs) names.add(input.name);
  for (const node of model.nodes) for (const output of node.outputs) names.add(output);
  return names;
}

/** `wanted`, or `wanted.2`, `wanted.3` …: the first name not in `taken`, which it joins. */
export function freshName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let count = 2; taken.has(name); count++) name = `${wanted}.${count}`;
  taken.add(name);
  return name;
}
