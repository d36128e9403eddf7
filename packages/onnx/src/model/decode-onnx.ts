import { DataError } from '@asc/core';
import { decodeTensor } from './decode-tensor.js';
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxValueInfo } from './onnx-model.js';
import { ProtoReader } from './proto-reader.js';
import { onnxTypeOf } from './tensor-data.js';

/**
 * The model in the bytes of an `.onnx` file. Fields outside {@link OnnxModel} (doc strings, training info …) are left out;
 * an unknown dimension reads as `''`; initializers listed as inputs (IR version 3) are not inputs.
 *
 * @throws DataError where the bytes are damaged, or the model uses what this toolkit does not hold: weights in another file,
 * subgraphs, functions, sparse or string tensors, other element types.
 */
export function decodeOnnx(bytes: Uint8Array): OnnxModel {
  const model: OnnxModel = {
    irVersion: 0,
    producer: '',
    opsets: {},
    graphName: '',
    inputs: [],
    outputs: [],
    valueInfo: [],
    nodes: [],
    initializers: new Map(),
    metadata: {},
  };
  let graphs = 0;
  const reader = new ProtoReader(bytes);
  while (reader.next()) {
    if (reader.field === 1) model.irVersion = reader.int();
    else if (reader.field === 2) model.producer = reader.string();
    else if (reader.field === 7) {
      graphs++;
      readGraph(reader.message(), model);
    } else if (reader.field === 8) readOpset(reader.message(), model.opsets);
    else if (reader.field === 14) readMetadata(reader.message(), model.metadata);
    else if (reader.field === 25) throw unsupported('The model defines functions of its own', 'inline them');
  }
  if (graphs !== 1 || model.irVersion < 1 || Object.keys(model.opsets).length === 0) {
    throw new DataError({
      what: 'The bytes are not an ONNX model.',
      expected: 'an IR version, an operator set and one graph',
      received: bytes.length === 0 ? 'no bytes at all' : `${bytes.length} bytes without them`,
      hint: 'The file is empty, truncated or of another format: export or download it again.',
    });
  }
  model.inputs = model.inputs.filter((info) => !model.initializers.has(info.name));
  return model;
}

function readOpset(reader: ProtoReader, opsets: OnnxModel['opsets']): void {
  let domain = '';
  let version = 0;
  while (reader.next()) {
    if (reader.field === 1) domain = reader.string();
    else if (reader.field === 2) version = reader.int();
  }
  // `ai.onnx` is another spelling of the standard set.
  define(opsets, domain === 'ai.onnx' ? '' : domain, version);
}

function readMetadata(reader: ProtoReader, metadata: OnnxModel['metadata']): void {
  let key = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) value = reader.string();
  }
  define(metadata, key, value);
}

/** Sets an own property whatever its name: a file may well call a key `__proto__`. */
function define<T>(record: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
}

function readGraph(reader: ProtoReader, model: OnnxModel): void {
  while (reader.next()) {
    if (reader.field === 1) model.nodes.push(readNode(reader.message()));
    else if (reader.field === 2) model.graphName = reader.string();
    else if (reader.field === 5) {
      const { name, tensor } = decodeTensor(reader.message());
      model.initializers.set(name, tensor);
    } else if (reader.field === 11) model.inputs.push(known(readValueInfo(reader.message()), 'input'));
    else if (reader.field === 12) model.outputs.push(known(readValueInfo(reader.message()), 'output'));
    else if (reader.field === 13) {
      const { info } = readValueInfo(reader.message());
      if (info !== undefined) model.valueInfo.push(info);
    } else if (reader.field === 15) throw unsupported('The model has sparse weights', 'store them dense');
  }
}

function readNode(reader: ProtoReader): OnnxNode {
  const node: OnnxNode = { op: '', domain: '', name: '', inputs: [], outputs: [], attributes: {} };
  while (reader.next()) {
    if (reader.field === 1) node.inputs.push(reader.string());
    else if (reader.field === 2) node.outputs.push(reader.string());
    else if (reader.field === 3) node.name = reader.string();
    else if (reader.field === 4) node.op = reader.string();
    else if (reader.field === 5) {
      const { name, attribute } = readAttribute(reader.message());
      define(node.attributes, name, attribute);
    } else if (reader.field === 7) node.domain = reader.string();
  }
  if (node.domain === 'ai.onnx') node.domain = '';
  return node;
}

function readAttribute(reader: ProtoReader): { name: string; attribute: OnnxAttribute } {
  let name = '';
  let type = 0;
  let float = 0;
  let int = 0n;
  let string = '';
  let tensor: OnnxAttribute | undefined;
  const floats: number[] = [];
  const ints: bigint[] = [];
  const strings: string[] = [];
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 2) float = reader.float();
    else if (reader.field === 3) int = reader.int64();
    else if (reader.field === 4) string = reader.string();
    else if (reader.field === 5) tensor = { kind: 'tensor', value: decodeTensor(reader.message()).tensor };
    else if (reader.field === 7) reader.reals(floats, 4);
    else if (reader.field === 8) reader.int64s(ints);
    else if (reader.field === 9) strings.push(reader.string());
    else if (reader.field === 20) type = reader.int();
  }
  if (type === 1) return { name, attribute: { kind: 'float', value: float } };
  if (type === 2) return { name, attribute: { kind: 'int', value: toNumber(int, name) } };
  if (type === 3) return { name, attribute: { kind: 'string', value: string } };
  if (type === 4 && tensor !== undefined) return { name, attribute: tensor };
  if (type === 6) return { name, attribute: { kind: 'floats', value: floats } };
  if (type === 7) return { name, attribute: { kind: 'ints', value: ints.map((value) => toNumber(value, name)) } };
  if (type === 8) return { name, attribute: { kind: 'strings', value: strings } };
  throw unsupported(
    `Attribute ${name} is of kind ${type} (a subgraph, type or list of tensors)`,
    'use a graph without it',
  );
}

function toNumber(value: bigint, attribute: string): number {
  const number = Number(value);
  // INT64_MAX, ONNX's "to the end", rounds to 2^63; the writer saturates it back.
  if (BigInt(number) === value || value === 2n ** 63n - 1n) return number;
  throw unsupported(`Attribute ${attribute} = ${value} is not exact as a JavaScript number`, 'use a smaller number');
}

function known(read: { name: string; info: OnnxValueInfo | undefined }, role: string): OnnxValueInfo {
  if (read.info !== undefined) return read.info;
  throw unsupported(
    `Graph ${role} ${read.name} has no known tensor type and rank`,
    'run shape inference on the model first',
  );
}

function readValueInfo(reader: ProtoReader): { name: string; info: OnnxValueInfo | undefined } {
  let name = '';
  let elementType = 0;
  let shape: (number | string)[] | undefined;
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 2) {
      const type = reader.message();
      while (type.next()) {
        if (type.field !== 1) continue;
        const tensorType = type.message();
        while (tensorType.next()) {
          if (tensorType.field === 1) elementType = tensorType.int();
          else if (tensorType.field === 2) shape = readShape(tensorType.message());
        }
      }
    }
  }
  const type = onnxTypeOf(elementType);
  return { name, info: type === undefined || shape === undefined ? undefined : { name, type, shape } };
}

function readShape(reader: ProtoReader): (number | string)[] {
  const shape: (number | string)[] = [];
  while (reader.next()) {
    if (reader.field !== 1) continue;
    const dimension = reader.message();
    let size: number | string = '';
    while (dimension.next()) {
      if (dimension.field === 1) size = dimension.int();
      else if (dimension.field === 2) size = dimension.string();
    }
    shape.push(size);
  }
  return shape;
}

function unsupported(what: string, hint: string): DataError {
  return new DataError({ what: `${what}.`, expected: 'a plain graph of dense tensors', hint: `Please ${hint}.` });
}
