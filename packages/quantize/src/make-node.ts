import type { OnnxNode } from '@asc/onnx';

/** A node of the standard operator set, without a name of its own: in int8 files, names are a tenth of the bytes. */
export function makeNode(
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: OnnxNode['attributes'] = {},
): OnnxNode {
  return { op, domain: '', name: '', inputs, outputs, attributes };
}
