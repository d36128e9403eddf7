import { UsageError, sizeOf } from '@asc/core';
import { ONNX_TYPE, type OnnxAttribute, type OnnxModel, type OnnxNode } from './onnx-model.js';
import type { OnnxTensor, OnnxValueInfo } from './onnx-model.js';
import { ProtoWriter } from './proto-writer.js';
import { TENSOR_ARRAYS, tensorBytes } from './tensor-data.js';

/** AttributeProto.AttributeType numbers. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7, strings: 8 } as const;

/**
 * The bytes of an `.onnx` file. Field numbers: onnx.proto of ONNX 1.17.
 *
 * @throws UsageError where a tensor's data does not fit its type and shape, or an integer attribute has a fraction.
 */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const writer = new ProtoWriter();
  writer.int(1, model.irVersion);
  writer.string(2, model.producer);
  writer.message(7, (graph) => writeGraph(graph, model));
  for (const [domain, version] of Object.entries(model.opsets)) {
    writer.message(8, (opset) => {
      opset.string(1, domain);
      opset.int(2, version);
    });
  }
  for (const [key, value] of Object.entries(model.metadata)) {
    writer.message(14, (entry) => {
      entry.string(1, key);
      entry.string(2, value);
    });
  }
  return writer.finish();
}

function writeGraph(writer: ProtoWriter, model: OnnxModel): void {
  for (const node of model.nodes) writer.message(1, (inner) => writeNode(inner, node));
  writer.string(2, model.graphName);
  for (const [name, tensor] of model.initializers) writer.message(5, (inner) => writeTensor(inner, tensor, name));
  for (const info of model.inputs) writer.message(11, (inner) => writeValueInfo(inner, info));
  for (const info of model.outputs) writer.message(12, (inner) => writeValueInfo(inner, info));
  for (const info of model.valueInfo) writer.message(13, (inner) => writeValueInfo(inner, info));
}

function writeNode(writer: ProtoWriter, node: OnnxNode): void {
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  if (node.name !== '') writer.string(3, node.name);
  writer.string(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    writer.message(5, (inner) => writeAttribute(inner, name, attribute, node));
  }
  if (node.domain !== '') writer.string(7, node.domain);
}

function writeAttribute(writer: ProtoWriter, name: string, attribute: OnnxAttribute, node: OnnxNode): void {
  writer.string(1, name);
  switch (attribute.kind) {
    case 'float':
      writer.float(2, attribute.value);
      break;
    case 'int':
      writer.int(3, wholeNumber(attribute.value, name, node));
      break;
    case 'string':
      writer.string(4, attribute.value);
      break;
    case 'tensor':
      writer.message(5, (inner) => writeTensor(inner, attribute.value, ''));
      break;
    // These lists are not packed in onnx.proto (proto2): one tag per element.
    case 'floats':
      for (const value of attribute.value) writer.float(7, value);
      break;
    case 'ints':
      for (const value of attribute.value) writer.int(8, wholeNumber(value, name, node));
      break;
    case 'strings':
      for (const value of attribute.value) writer.string(9, value);
      break;
  }
  writer.int(20, ATTRIBUTE_TYPE[attribute.kind]);
}

function wholeNumber(value: number, attribute: string, node: OnnxNode): number {
  if (Number.isInteger(value)) return value;
  throw new UsageError({
    what: `Attribute ${attribute} of node ${node.name || node.outputs[0]} (${node.op}) must be a whole number.`,
    expected: 'an integer',
    received: String(value),
  });
}

function writeTensor(writer: ProtoWriter, tensor: OnnxTensor, name: string): void {
  const label = name === '' ? 'A constant' : `Constant ${name}`;
  if (!(tensor.data instanceof TENSOR_ARRAYS[tensor.type])) {
    throw new UsageError({
      what: `${label} holds the wrong kind of array.`,
      expected: `${TENSOR_ARRAYS[tensor.type].name} for ${tensor.type}`,
      received: tensor.data.constructor.name,
    });
  }
  if (tensor.data.length !== sizeOf(tensor.shape)) {
    throw new UsageError({
      what: `${label} does not have as many elements as its shape says.`,
      expected: `${sizeOf(tensor.shape)} elements for shape [${tensor.shape.join(', ')}]`,
      received: String(tensor.data.length),
    });
  }
  if (tensor.shape.length > 0) writer.packedInts(1, tensor.shape);
  writer.int(2, ONNX_TYPE[tensor.type]);
  if (name !== '') writer.string(8, name);
  writer.bytes(9, tensorBytes(tensor));
}

function writeValueInfo(writer: ProtoWriter, info: OnnxValueInfo): void {
  writer.string(1, info.name);
  writer.message(2, (type) =>
    type.message(1, (tensorType) => {
      tensorType.int(1, ONNX_TYPE[info.type]);
      tensorType.message(2, (shape) => {
        for (const size of info.shape) {
          shape.message(1, (dimension) => {
            if (typeof size === 'number') dimension.int(1, size);
            else if (size !== '') dimension.string(2, size);
          });
        }
      });
    }),
  );
}
