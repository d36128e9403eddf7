import type { OnnxModel } from '@asc/onnx';

/** Operators that ONNX Runtime does without touching the numbers. */
const VIEWS = new Set(['Reshape', 'Identity', 'Squeeze', 'Unsqueeze', 'Flatten', 'Shape', 'Constant']);
/** Float32 and int32, which nearly all values are. */
const NUMBER_BYTES = 4;

/**
 * Bytes that the operators of a traced graph read and write, each its operands once: what memory has to move where nothing is fused and
 * no cache helps.
 */
export function tracedBytes(model: OnnxModel): number {
  const sizes = new Map<string, number>();
  for (const { name, shape } of [...model.inputs, ...model.outputs, ...model.valueInfo]) {
    sizes.set(
      name,
      shape.reduce<number>((product, size) => product * (typeof size === 'number' ? size : 1), 1),
    );
  }
  for (const [name, { data }] of model.initializers) sizes.set(name, data.length);
  let numbers = 0;
  for (const { op, inputs, outputs } of model.nodes) {
    if (VIEWS.has(op)) continue;
    for (const name of [...inputs, ...outputs]) numbers += sizes.get(name) ?? 0;
  }
  return NUMBER_BYTES * numbers;
}
