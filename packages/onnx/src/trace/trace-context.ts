import { type DType, DTYPE_ARRAYS, TraceError } from '@asc/core';
import {
  type BackendValues,
  type DataId,
  type DataType,
  type NamedAttrMap,
  type TensorInfo,
  type Variable,
  engine,
} from '@tensorflow/tfjs-core';
import { contentKey } from './content-key.js';
import { GraphBuilder } from './graph-builder.js';
import { type LoweringContext, type LoweringTable, dtypeOf } from './lowering.js';
import type { TraceBackend } from './trace-backend.js';
import { type Constant, type Value, physicalShape, sameShape, sizeOf } from './value.js';

type Entry =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'constant'; readonly data: Constant['data']; readonly dtype: DType }
  | { readonly kind: 'broadcast'; readonly value: Value; readonly shape: readonly number[] }
  | { readonly kind: 'filled'; readonly value: number; readonly dtype: DType };

/** tfjs ops that draw their numbers in JavaScript. */
const RANDOM_OPS = /^(rand|random[A-Z]\w*|truncatedNormal|dropout|multinomial)$/;

/** One trace in progress: what every data id stands for. */
export class TraceContext implements LoweringContext {
  readonly graph = new GraphBuilder();
  /** Names of the layers being called, outermost first. */
  readonly layers: string[] = [];
  /** Every constant written while tracing, with the op and layer that wrote it: two traces must agree. */
  readonly written: { readonly key: string; readonly where: string }[] = [];
  private readonly entries = new WeakMap<DataId, Entry>();
  private readonly thrown = new WeakMap<object, string>();

  constructor(
    private readonly backend: TraceBackend,
    private readonly lowerings: LoweringTable,
  ) {}

  lower(kernelName: string, inputs: Record<string, TensorInfo>, attrs: NamedAttrMap): TensorInfo | TensorInfo[] {
    const lowering = this.lowerings[kernelName];
    if (lowering === undefined) throw unknownKernel(kernelName, this.where());
    this.graph.scope = this.layers.join('/');
    return lowering(this, inputs, attrs);
  }

  value(tensor: TensorInfo): Value {
    const entry = this.entry(tensor);
    if (entry.kind === 'value') return entry.value;
    if (entry.kind === 'broadcast') {
      const spec = { shape: entry.shape, dtype: entry.value.dtype, layout: entry.value.layout };
      return this.graph.op('Expand', [entry.value, this.graph.int64(physicalShape(spec))], spec);
    }
    if (entry.kind === 'constant')
      return this.graph.constant({ data: entry.data, shape: tensor.shape, dtype: entry.dtype });
    return this.graph.constant({
      data: filledData(entry, sizeOf(tensor.shape)),
      shape: tensor.shape,
      dtype: entry.dtype,
    });
  }

  constant(tensor: TensorInfo): Constant | undefined {
    const entry = this.entry(tensor);
    if (entry.kind === 'value' || entry.kind === 'broadcast') return undefined;
    const data = entry.kind === 'constant' ? entry.data : filledData(entry, sizeOf(tensor.shape));
    return { data, shape: tensor.shape, dtype: entry.dtype };
  }

  uniform(tensor: TensorInfo): number | undefined {
    const entry = this.entry(tensor);
    return entry.kind === 'filled' ? entry.value : undefined;
  }

  compact(tensor: TensorInfo): Value {
    const entry = this.entry(tensor);
    return entry.kind === 'broadcast' ? entry.value : this.value(tensor);
  }

  broadcast(value: Value, shape: readonly number[]): TensorInfo {
    if (sameShape(value.shape, shape)) return this.tensor(value);
    const dataId = this.backend.newDataId();
    this.entries.set(dataId, { kind: 'broadcast', value, shape });
    return { dataId, shape: [...shape], dtype: value.dtype };
  }

  tensor(value: Value): TensorInfo {
    const dataId = this.backend.newDataId();
    this.entries.set(dataId, { kind: 'value', value });
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  filled(shape: readonly number[], dtype: DType, value: number): TensorInfo {
    const dataId = this.backend.newDataId();
    this.entries.set(dataId, { kind: 'filled', value, dtype });
    return { dataId, shape: [...shape], dtype };
  }

  alias(tensor: TensorInfo): TensorInfo {
    const dataId = this.backend.newDataId();
    this.entries.set(dataId, this.entry(tensor));
    return { dataId, shape: tensor.shape, dtype: tensor.dtype };
  }

  /** A data id for a value that no kernel made: an input or a piece of state. */
  bind(value: Value): DataId {
    return this.tensor(value).dataId;
  }

  /** A data id for a variable that may be read but is not part of the state: its numbers as they are now. */
  bindVariable(variable: Variable): DataId {
    const dataId = this.backend.newDataId();
    // One with a type that no graph has may exist, as long as it is not used.
    if (['float32', 'int32', 'bool'].includes(variable.dtype)) {
      const dtype = dtypeOf(variable.dtype);
      this.entries.set(dataId, constantEntry(typed(variable.dataSync(), dtype, variable.size), dtype));
    }
    return dataId;
  }

  /** Calls a layer: ops within, and errors from within, bear its name. */
  inLayer<T>(name: string, call: () => T): T {
    this.layers.push(name);
    try {
      return call();
    } catch (error) {
      if (typeof error === 'object' && error !== null && !this.thrown.has(error)) this.thrown.set(error, this.where());
      throw error;
    } finally {
      this.layers.pop();
    }
  }

  /** " in the layer 'x'" where the error came from within one. */
  whereThrown(error: unknown): string {
    return (typeof error === 'object' && error !== null ? this.thrown.get(error) : undefined) ?? this.where();
  }

  define(dataId: DataId, values: BackendValues, shape: readonly number[], dtype: DataType): void {
    const op = this.currentOp();
    if (op !== undefined && RANDOM_OPS.test(op)) {
      throw new TraceError({
        what: `The tfjs op '${op}' draws random numbers while tracing${this.where()}: the graph would repeat them for ever.`,
        hint: "Draw from the step's `random` argument instead; in a layer it comes as the call argument `random` (@asc/layers has Dropout).",
      });
    }
    const data = typed(values, dtypeOf(dtype), sizeOf(shape));
    const entry = constantEntry(data, dtypeOf(dtype));
    this.entries.set(dataId, entry);
    this.written.push({
      key: contentKey(data),
      where: `${op === undefined ? '' : ` in the op '${op}'`}${this.where()}`,
    });
  }

  read(dataId: DataId): BackendValues {
    const entry = this.entries.get(dataId);
    if (entry?.kind === 'constant') return entry.data;
    throw new TraceError({
      what: `A tensor's value was read while tracing${this.where()}: the graph has no value yet.`,
      hint: 'dataSync(), arraySync(), print() and control flow that depends on numbers cannot be traced; use tf.where, masks or ops.',
    });
  }

  /** " in the layer 'x'" where a layer is being called. */
  where(): string {
    return this.layers.length === 0 ? '' : ` in the layer '${this.layers.join('/')}'`;
  }

  private currentOp(): string | undefined {
    const stack = (engine().state as unknown as { scopeStack: { name: string }[] }).scopeStack;
    for (let i = stack.length - 1; i >= 0; i--) {
      const name = stack[i]!.name;
      if (name.endsWith('__op')) return name.slice(0, -4);
    }
    return undefined;
  }

  private entry(tensor: TensorInfo): Entry {
    const entry = this.entries.get(tensor.dataId);
    if (entry !== undefined) return entry;
    // A tensor of another backend, captured by the function: its numbers become a constant.
    const owner = (
      engine().state as unknown as { tensorInfo: WeakMap<DataId, { backend: { readSync(id: DataId): BackendValues } }> }
    ).tensorInfo.get(tensor.dataId);
    if (owner === undefined) {
      throw new TraceError({ what: `A disposed tensor was used while tracing${this.where()}.` });
    }
    const data = typed(owner.backend.readSync(tensor.dataId), dtypeOf(tensor.dtype), sizeOf(tensor.shape));
    const captured = constantEntry(data, dtypeOf(tensor.dtype));
    this.entries.set(tensor.dataId, captured);
    return captured;
  }
}

export function unknownKernel(name: string, where: string, cause?: unknown): TraceError {
  return new TraceError(
    {
      what: `The tfjs kernel '${name}' has no ONNX lowering${where}.`,
      hint: `Give one, as an option: lowerings: { ...DEFAULT_LOWERINGS, ${name}: (context, inputs, attrs) => … }.`,
    },
    { cause },
  );
}

function constantEntry(data: Constant['data'], dtype: DType): Entry {
  const first = data[0];
  if (first !== undefined && data.every((v) => v === first)) return { kind: 'filled', value: first, dtype };
  return { kind: 'constant', data, dtype };
}

function filledData(entry: { readonly value: number; readonly dtype: DType }, size: number): Constant['data'] {
  const data =
    entry.dtype === 'float32'
      ? new Float32Array(size)
      : entry.dtype === 'int32'
        ? new Int32Array(size)
        : new Uint8Array(size);
  return data.fill(entry.value);
}

/** A copy as the graph holds it. A backend may hand out a longer buffer than the tensor needs, or one of another kind. */
function typed(values: BackendValues, dtype: DType, size: number): Constant['data'] {
  const numbers = values as ArrayLike<number>;
  const Holder = DTYPE_ARRAYS[dtype];
  if (numbers instanceof Holder) return numbers.slice(0, size);
  return Holder.from(numbers.length === size ? numbers : (Array.prototype.slice.call(numbers, 0, size) as number[]));
}
