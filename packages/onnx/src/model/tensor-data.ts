import { ONNX_TYPE, type OnnxTensor, type OnnxType } from './onnx-model.js';

/** The typed array that holds the elements of each type (see {@link OnnxTensor.data}). */
export const TENSOR_ARRAYS = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
  float64: Float64Array,
} as const satisfies Record<OnnxType, unknown>;

/** The name of an ONNX TensorProto.DataType number, or `undefined` where this toolkit does not hold the type. */
export function onnxTypeOf(dataType: number): OnnxType | undefined {
  for (const [name, number] of Object.entries(ONNX_TYPE)) {
    if (number === dataType) return name as OnnxType;
  }
  return undefined;
}

/** The bytes of a tensor: a view, not a copy. Little endian, as every machine ONNX Runtime supports. */
export function tensorBytes(tensor: OnnxTensor): Uint8Array {
  return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
}
