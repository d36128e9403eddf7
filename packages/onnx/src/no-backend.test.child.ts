import { ndArray } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import { trace } from './trace/trace.js';
import { OnnxRunner } from './model/onnx-runner.js';

// A process with tfjs-core alone: it can trace; a backend that comes later is chosen as if nothing had been.
async function twice(): Promise<number[]> {
  const { model } = trace(({ x }) => ({ y: tf.mul(x!, 2) }), { inputs: { x: { dtype: 'float32', shape: [2] } } });
  const runner = await OnnxRunner.create(model, { threads: 1 });
  const { y } = await runner.run({ x: ndArray('float32', [2], Float32Array.of(1, 2)) });
  await runner.release();
  return [...y!.data];
}

const y = await twice();
await import('@tensorflow/tfjs-backend-cpu');
const sum = [...tf.add(tf.tensor1d([1]), 1).dataSync()];
process.stdout.write(`${JSON.stringify({ y, backend: tf.getBackend(), again: await twice(), sum })}\n`);
