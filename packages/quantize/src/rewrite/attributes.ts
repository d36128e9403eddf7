import type { OnnxModel, OnnxNode } from '@asc/onnx';

/** A list attribute, or `fallback` where the node has none. */
export function intsOf(node: OnnxNode, name: string, fallback: readonly number[]): readonly number[] {
  const attribute = node.attributes[name];
  return attribute?.kind === 'ints' ? attribute.value : fallback;
}

/** A whole-number attribute, or `fallback` where the node has none. */
export function intOf(node: OnnxNode, name: string, fallback: number): number {
  const attribute = node.attributes[name];
  return attribute?.kind === 'int' ? attribute.value : fallback;
}

/** Axes of a reduction, from its attribute or its second input, counted from the front; `undefined` where they are no constant. */
export function axesOf(node: OnnxNode, model: OnnxModel, rank: number): readonly number[] | undefined {
  const attribute = node.attributes['axes'];
  const data = model.initializers.get(node.inputs[1] ?? '')?.data;
  const axes =
    attribute?.kind === 'ints' ? attribute.value : data instanceof BigInt64Array ? Array.from(data, Number) : undefined;
  return axes?.map((axis) => (axis < 0 ? axis + rank : axis)).toSorted((a, b) => a - b);
}

/** Whether only the batch may be of another size than the one seen. */
export function hasFixedSize({ inputs }: OnnxModel): boolean {
  return inputs.every(({ shape }) => shape.slice(1).every((size) => typeof size === 'number'));
}
