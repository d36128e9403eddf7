import { DataError, sizeOf } from '@asc/core';
import type { OnnxTensor, OnnxType } from './onnx-model.js';
import type { ProtoReader } from './proto-reader.js';
import { onnxTypeOf, TENSOR_ARRAYS } from './tensor-data.js';

/**
 * A TensorProto and its name. Elements may lie in `raw_data` or in the typed fields (`float_data`, `int32_data`,
 * `int64_data`, `double_data`); the data is copied out of the file's bytes.
 *
 * @throws DataError where the data lies in another file, has another length than the shape says, or a type not held here.
 */
export function decodeTensor(reader: ProtoReader): { name: string; tensor: OnnxTensor } {
  let name = '';
  let dataType = 0;
  let external = false;
  let raw: Uint8Array | undefined;
  const dims: bigint[] = [];
  const reals: number[] = [];
  const ints: bigint[] = [];
  while (reader.next()) {
    if (reader.field === 1) reader.int64s(dims);
    else if (reader.field === 2) dataType = reader.int();
    else if (reader.field === 4) reader.reals(reals, 4);
    else if (reader.field === 5 || reader.field === 7) reader.int64s(ints);
    else if (reader.field === 8) name = reader.string();
    else if (reader.field === 9) raw = reader.bytes();
    else if (reader.field === 10) reader.reals(reals, 8);
    else if (reader.field === 13 || (reader.field === 14 && reader.int() === 1)) external = true;
  }
  const shape = dims.map(Number);
  if (external) {
    throw new DataError({
      what: `The values of ${name} lie in another file (ONNX external data).`,
      expected: 'all weights inside the .onnx file',
      hint: 'Convert it with onnx.save(onnx.load(path), path, save_as_external_data=False).',
    });
  }
  const type = onnxTypeOf(dataType);
  if (type === undefined) {
    throw new DataError({
      what: `Constant ${name} has element type ${dataType}, which is not supported.`,
      expected: Object.keys(TENSOR_ARRAYS).join(', '),
    });
  }
  const data = raw === undefined ? typedData(type, reals, ints) : rawData(type, raw);
  if (data === undefined || shape.some((size) => size < 0) || data.length !== sizeOf(shape)) {
    throw new DataError({
      what: `Constant ${name} does not have as many values as its shape says.`,
      expected: `${sizeOf(shape)} ${type} values for shape [${shape.join(', ')}]`,
      received: data === undefined ? `${raw?.length} bytes` : String(data.length),
      hint: 'The file is damaged: export or download it again.',
    });
  }
  return { name, tensor: { type, shape, data } };
}

function rawData(type: OnnxType, raw: Uint8Array): OnnxTensor['data'] | undefined {
  const TypedArray = TENSOR_ARRAYS[type];
  if (raw.length % TypedArray.BYTES_PER_ELEMENT !== 0) return undefined;
  // A copy, not `raw.slice()`: on a Node Buffer that is a view.
  return new TypedArray(new Uint8Array(raw).buffer);
}

function typedData(type: OnnxType, reals: readonly number[], ints: readonly bigint[]): OnnxTensor['data'] {
  if (type === 'float32') return Float32Array.from(reals);
  if (type === 'float64') return Float64Array.from(reals);
  if (type === 'int64') return BigInt64Array.from(ints);
  return new TENSOR_ARRAYS[type](ints.map(Number));
}
