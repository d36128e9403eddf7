import type { AscError } from '@asc/core';
import type { WasmPaths, WorkerCall, WorkerReply } from './worker-protocol.js';

/** How a classifier is loaded. */
export interface LoadOptions {
  /** Threads ONNX Runtime computes with; default: its own choice. In a page more than one needs cross-origin isolation. */
  readonly threads?: number;
  /** In a page: where the files of onnxruntime-web lie, e.g. `'/ort/'`; default: beside its module. Nothing in Node. */
  readonly wasmPaths?: WasmPaths;
  /**
   * In a page: starts the worker, for bundlers that do not follow `new Worker(new URL(…))`: bundle `@asc/runtime/page-worker` and
   * start that. Nothing in Node.
   */
  readonly startWorker?: () => PageWorker;
}

/** What is used of a page's `Worker`. */
export interface PageWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: { readonly message?: string }) => void): void;
  addEventListener(type: 'messageerror', listener: () => void): void;
  terminate(): void;
}

/** A started worker, as its owner sees it. */
export interface WorkerHandle {
  post(call: WorkerCall, transfer: readonly ArrayBuffer[]): void;
  /** Says whether something is awaited of it: an idle worker does not keep a process alive. */
  setBusy(busy: boolean): void;
  /** Ends the worker; in Node not before the call in hand is finished. Safe to call when it is gone. */
  terminate(): Promise<void>;
}

/** Where a worker's owner listens. */
export interface WorkerEvents {
  onReply(reply: WorkerReply): void;
  /** The worker is gone. */
  onDeath(error: AscError): void;
}

/** What differs between Node and a page. */
export interface Platform {
  /** The bytes at a path or address. @throws DataError */
  read(file: string | URL): Promise<Uint8Array>;
  startWorker(options: LoadOptions, events: WorkerEvents): WorkerHandle;
}
