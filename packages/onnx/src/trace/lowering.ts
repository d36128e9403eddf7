import type { DType } from '@asc/core';
import type { DataType, NamedAttrMap, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { GraphBuilder } from './graph-builder.js';
import type { Constant, Value } from './value.js';

/** What a lowering may do: read its operands and append nodes. */
export interface LoweringContext {
  readonly graph: GraphBuilder;
  /** The operand as a graph value; numbers known while tracing become a constant. */
  value(tensor: TensorInfo): Value;
  /** The operand's numbers, where they are known while tracing. */
  constant(tensor: TensorInfo): Constant | undefined;
  /** The one number all elements have, where that is known while tracing. */
  uniform(tensor: TensorInfo): number | undefined;
  /** The operand before broadcasting: smaller than its shape where it only repeats. */
  compact(tensor: TensorInfo): Value;
  /** Hands back `value` broadcast to `shape` (logical, same rank); nothing is copied until something needs it in full. */
  broadcast(value: Value, shape: readonly number[]): TensorInfo;
  /** Hands a graph value back to tfjs. */
  tensor(value: Value): TensorInfo;
  /** Hands back a tensor whose elements are all `value`; it costs nothing until something needs it in full. */
  filled(shape: readonly number[], dtype: DType, value: number): TensorInfo;
  /** The same data under another name: no node. */
  alias(tensor: TensorInfo): TensorInfo;
}

export type Operands = Readonly<Record<string, TensorInfo>>;

/** Appends the ONNX nodes of one tfjs kernel. `inputs` are the kernel's named inputs, `attrs` its attributes. */
export type Lowering = (context: LoweringContext, inputs: Operands, attrs: NamedAttrMap) => TensorInfo | TensorInfo[];

export type LoweringTable = Readonly<Record<string, Lowering>>;

/** A gradient as tfjs-core's registry has it. */
export interface GradientOverride {
  readonly kernelName: string;
  readonly inputsToSave?: string[];
  readonly saveAllInputs?: boolean;
  readonly outputsToSave?: boolean[];
  readonly gradFunc: (dy: Tensor | Tensor[], saved: Tensor[], attrs: NamedAttrMap) => Record<string, () => Tensor>;
}

/** tfjs element type → border type; complex64 and string tensors have no place in a graph. */
export function dtypeOf(dtype: DataType): DType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new TypeError(`tensors of type ${dtype} cannot be traced`);
}
