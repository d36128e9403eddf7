import { UsageError } from '@asc/core';
import type * as Ort from 'onnxruntime-node';
import { messageOf } from './session-runner.js';

/** ONNX Runtime of Node, loaded when it is needed. @throws UsageError where it is not installed. */
export async function importOnnxRuntime(): Promise<typeof Ort> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new UsageError(
      {
        what: 'Running a graph needs the package onnxruntime-node, which could not be loaded.',
        received: messageOf(cause),
        hint:
          'Install it with: npm install onnxruntime-node\n' +
          'Where its CUDA download is blocked or not wanted: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node ' +
          '(or npm install --ignore-scripts onnxruntime-node); the CPU needs no download.',
      },
      { cause },
    );
  }
}
