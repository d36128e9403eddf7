import { ONNX_TYPE, type OnnxModel, type OnnxNode } from '@asc/onnx';

/** Operators whose first output is not of the type of their first input. */
const OTHER_TYPE = new Set([
  'Shape',
  'Size',
  'NonZero',
  'ArgMax',
  'ArgMin',
  'IsNaN',
  'IsInf',
  'Not',
  'And',
  'Or',
  'Xor',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'QuantizeLinear',
]);

/** Names of the values that hold float32 numbers. */
export function floatValues(model: OnnxModel): Set<string> {
  const floats = new Set<string>();
  for (const input of model.inputs) if (input.type === 'float32') floats.add(input.name);
  for (const [name, tensor] of model.initializers) if (tensor.type === 'float32') floats.add(name);
  for (const node of model.nodes) {
    const [first] = node.outputs;
    if (isFloat(node, floats)) for (const output of first === undefined ? [] : floatOutputs(node)) floats.add(output);
  }
  return floats;
}

/** TopK's and MaxPool's second output, and a Dropout's mask, are indices. */
function floatOutputs(node: OnnxNode): string[] {
  return node.op === 'Split' ? node.outputs : node.outputs.slice(0, 1);
}

function isFloat(node: OnnxNode, floats: ReadonlySet<string>): boolean {
  if (node.op === 'Cast') return isFloatCode(node.attributes['to']);
  if (node.op === 'Constant' || node.op === 'ConstantOfShape') {
    const value = node.attributes['value'];
    return value === undefined
      ? node.op === 'ConstantOfShape'
      : value.kind === 'tensor' && value.value.type === 'float32';
  }
  if (OTHER_TYPE.has(node.op)) return false;
  const first = node.op === 'Where' ? node.inputs[1] : node.inputs[0];
  return first !== undefined && floats.has(first);
}

function isFloatCode(attribute: OnnxNode['attributes'][string] | undefined): boolean {
  return attribute?.kind === 'int' && attribute.value === ONNX_TYPE.float32;
}
