import { UsageError } from '@asc/core';
import type { OrtModule } from '@asc/onnx/model';
import { serveModel, type BringOrt } from './serve-model.js';
import type { WorkerCall, WorkerReply } from './worker-protocol.js';

// The web worker behind a classifier in a page: started by it, never imported.

/** What is used of a worker's global scope. */
interface WorkerScope {
  onmessage: ((event: { readonly data: WorkerCall }) => void) | null;
  postMessage(reply: WorkerReply): void;
}

const bringOrt: BringOrt = async ({ threads, wasmPaths }) => {
  try {
    const ort = await import('onnxruntime-web/wasm');
    if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
    if (threads !== undefined) ort.env.wasm.numThreads = threads;
    return ort as unknown as OrtModule;
  } catch (cause) {
    throw new UsageError(
      {
        what: 'Running a classifier in a page needs the package onnxruntime-web, which could not be loaded.',
        received: cause instanceof Error ? cause.message : String(cause),
        hint: 'Install it with npm install onnxruntime-web, and let your bundler follow the worker.',
      },
      { cause },
    );
  }
};

const scope = globalThis as unknown as WorkerScope;
const server = serveModel((reply) => scope.postMessage(reply), bringOrt);
scope.onmessage = ({ data }) => server.take(data);
