import { TraceError } from '@asc/core';
import {
  type BackendValues,
  type DataId,
  type DataType,
  KernelBackend,
  type NamedAttrMap,
  type TensorInfo,
  engine,
  findBackend,
  getKernel,
  registerBackend,
  registerKernel,
} from '@tensorflow/tfjs-core';
import type { TraceContext } from './trace-context.js';

export const TRACE_BACKEND = 'asc-trace';

/**
 * A tfjs backend that computes nothing: kernels append nodes to the graph of the active trace, data ids stand for graph
 * values. Outside a trace it refuses every call.
 */
export class TraceBackend extends KernelBackend {
  active: TraceContext | undefined;
  private readonly references = new WeakMap<DataId, number>();

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const id = this.newDataId();
    this.context().define(id, values, shape, dtype);
    return id;
  }

  override move(id: DataId, values: BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    this.context().define(id, values, shape, dtype);
    this.references.set(id, refCount);
  }

  newDataId(): DataId {
    const id: DataId = {};
    this.references.set(id, 1);
    return id;
  }

  override readSync(id: DataId): BackendValues {
    return this.context().read(id);
  }

  /** Whether a data id stands for a value of a trace. */
  owns(id: DataId): boolean {
    return this.references.has(id);
  }

  override async read(id: DataId): Promise<BackendValues> {
    return this.readSync(id);
  }

  override refCount(id: DataId): number {
    return this.references.get(id) ?? 0;
  }

  override incRef(id: DataId): void {
    this.references.set(id, this.refCount(id) + 1);
  }

  decRef(id: DataId): void {
    this.references.set(id, this.refCount(id) - 1);
  }

  override disposeData(id: DataId, force = false): boolean {
    const left = this.refCount(id) - 1;
    this.references.set(id, left);
    return force || left <= 0;
  }

  /** Symbols hold no memory, so there is none to leak. */
  override numDataIds(): number {
    return 0;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {}

  /** Makes `kernelName` known to tfjs for this backend; what it does is the active trace's affair. */
  provide(kernelName: string): void {
    if (getKernel(kernelName, TRACE_BACKEND) !== undefined) return;
    registerKernel({
      kernelName,
      backendName: TRACE_BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) =>
        (backend as TraceBackend)
          .context()
          .lower(kernelName, inputs as Record<string, TensorInfo>, (attrs ?? {}) as NamedAttrMap),
    });
  }

  private context(): TraceContext {
    if (this.active === undefined) {
      throw new TraceError({
        what: `The '${TRACE_BACKEND}' backend was used outside a trace.`,
        hint: 'A tensor made while tracing was kept: return it from the traced function instead.',
      });
    }
    return this.active;
  }
}

/** The one trace backend of this process's tfjs, registered on first use. */
export function traceBackend(): TraceBackend {
  if (engine().registryFactory[TRACE_BACKEND] === undefined) {
    const backend = new TraceBackend();
    registerBackend(TRACE_BACKEND, () => backend, 0);
  }
  return findBackend(TRACE_BACKEND) as TraceBackend;
}
