/** ONNX in memory: the subset of the format this toolkit writes and reads, as plain mutable data. */

/** ONNX TensorProto.DataType numbers. */
export const ONNX_TYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const;
export type OnnxType = keyof typeof ONNX_TYPE;

/** A constant. `data` is little-endian raw bytes viewed by element type (float16 as Uint16Array bit patterns, bool as Uint8Array). */
export interface OnnxTensor {
  type: OnnxType;
  shape: number[];
  data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Int8Array | Uint16Array;
}

/** An attribute; the kind decides the protobuf field, so that 1 and 1.0 cannot be confused. */
export type OnnxAttribute =
  | { kind: 'int'; value: number }
  | { kind: 'float'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'ints'; value: number[] }
  | { kind: 'floats'; value: number[] }
  | { kind: 'strings'; value: string[] }
  | { kind: 'tensor'; value: OnnxTensor };

export interface OnnxNode {
  op: string;
  /** '' is the standard operator set. */
  domain: string;
  name: string;
  /** Value names; '' marks an absent optional input. */
  inputs: string[];
  outputs: string[];
  attributes: Record<string, OnnxAttribute>;
}

/** Name, type and shape of a graph input, output or intermediate value. A string dimension is symbolic. */
export interface OnnxValueInfo {
  name: string;
  type: OnnxType;
  shape: (number | string)[];
}

export interface OnnxModel {
  irVersion: number;
  producer: string;
  /** domain → version; '' is the standard operator set. */
  opsets: Record<string, number>;
  graphName: string;
  inputs: OnnxValueInfo[];
  outputs: OnnxValueInfo[];
  valueInfo: OnnxValueInfo[];
  /** In execution order (topologically sorted). */
  nodes: OnnxNode[];
  initializers: Map<string, OnnxTensor>;
  metadata: Record<string, string>;
}
