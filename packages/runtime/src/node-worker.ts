import { UsageError } from '@asc/core';
import type { OrtModule } from '@asc/onnx/model';
import { parentPort } from 'node:worker_threads';
import { serveModel } from './serve-model.js';
import { END, type WorkerCall } from './worker-protocol.js';

// The thread behind a classifier in Node: started by it, never imported.

async function bringOrt(): Promise<OrtModule> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new UsageError(
      {
        what: 'Running a classifier in Node needs the package onnxruntime-node, which could not be loaded.',
        received: cause instanceof Error ? cause.message : String(cause),
        hint:
          'Install it with: npm install onnxruntime-node\n' +
          'Where its CUDA download is blocked or not wanted: npm install --ignore-scripts onnxruntime-node; the CPU needs none.',
      },
      { cause },
    );
  }
}

const port = parentPort;
const server = serveModel((reply) => port?.postMessage(reply), bringOrt);
port?.on('message', (call: WorkerCall | typeof END) => {
  if (call !== END) server.take(call);
  // A closed port leaves the thread nothing to wait for.
  else void server.end().finally(() => port.close());
});
