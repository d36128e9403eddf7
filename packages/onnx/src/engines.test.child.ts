import '@tensorflow/tfjs-backend-cpu';
// Registers the gradients.
import '@tensorflow/tfjs-layers';
import { createRng, ndArray } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import { compileStep } from './compile-step.js';
import type { Engine } from './step.js';

// Two training steps of a small network on the engine of the first argument: the losses and a weight, or why not.
const engine = process.argv[2] as Engine;
const values = (length: number, seed: number): Float32Array => createRng(seed).fillNormal(new Float32Array(length));
const filter = tf.variable(tf.tensor4d(values(3 * 3 * 2 * 4, 1), [3, 3, 2, 4]));
const dense = tf.variable(tf.tensor2d(values(4 * 3, 2), [4, 3]));
try {
  const step = await compileStep(
    ({ x, y }) => {
      const { value, grads } = tf.variableGrads(() => {
        const maps = tf.maxPool(tf.relu(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same')), 2, 2, 'same');
        const likelihood = tf.sum(tf.mul(tf.logSoftmax(tf.matMul(tf.mean(maps, [1, 2]), dense)), y!), -1);
        return tf.mean(tf.mul(likelihood, -1));
      }, [filter, dense]);
      for (const variable of [filter, dense]) variable.assign(tf.sub(variable, tf.mul(grads[variable.name]!, 0.1)));
      return { loss: value };
    },
    {
      inputs: { x: { dtype: 'float32', shape: [2, 8, 6, 2] }, y: { dtype: 'float32', shape: [2, 3] } },
      state: { filter, dense },
      engine,
    },
  );
  const inputs = {
    x: ndArray('float32', [2, 8, 6, 2], values(2 * 8 * 6 * 2, 3)),
    y: ndArray('float32', [2, 3], Float32Array.of(1, 0, 0, 0, 0, 1)),
  };
  const results: number[] = [];
  for (const at of [0, 1]) results.push((await step.run(inputs, createRng(at)))['loss']!.data[0]!);
  results.push(...step.readState()['filter']!.data, ...step.readState()['dense']!.data);
  await step.release();
  process.stdout.write(JSON.stringify({ results }));
} catch (error) {
  process.stdout.write(JSON.stringify({ kind: (error as Error).constructor.name, message: (error as Error).message }));
}
