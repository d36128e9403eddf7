/**
 * Where the augmentations of a batch are cheaper: in TypeScript before the step, or as ops of the compiled step. Prints the
 * milliseconds of each for a batch of the small AMFM network's features, best of several.
 *
 * Run: node bench/dist/augment-in-step.js
 */
import { freqMixStyle, maskBatch, mixup } from '@asc/augment';
import { createRng, ndArray, type RandomSource } from '@asc/core';
import { compileStep, type StepFunction } from '@asc/onnx';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

const [B, F, T, C, Y] = [24, 128, 250, 1, 15];
const RUNS = 30;

type Random = RandomSource<tf.Tensor>;

/** The clips in a random order: (B, …) to (B, …), and the weight of each clip's own (B or 1, 1, 1, 1). */
const order = (random: Random, label: string): tf.Tensor1D => {
  const keys = random.uniform([B, 1], label);
  return tf.cast(tf.sum(tf.cast(tf.less(tf.transpose(keys), keys), 'float32'), 1), 'int32');
};

// A Beta draw is no op: it would be an input of its own. Uniform weights cost the same.
const steps: Readonly<Record<string, (x: tf.Tensor, scene: tf.Tensor, random: Random) => tf.Tensor[]>> = {
  nothing: (x, scene) => [x, scene],
  mixup(x, scene, random) {
    const partner = order(random, 'order');
    const own = random.uniform([1, 1], 'lambda');
    const mix = (y: tf.Tensor): tf.Tensor => {
      const weight = tf.reshape(own, [1, 1, 1, 1].slice(0, y.rank));
      return tf.add(tf.mul(y, weight), tf.mul(tf.gather(y, partner), tf.sub(1, weight)));
    };
    return [mix(x), mix(scene)];
  },
  freqMixStyle(x, scene, random) {
    const partner = order(random, 'order');
    const own = tf.reshape(random.uniform([B, 1], 'lambda'), [B, 1, 1, 1]);
    const { mean, variance } = tf.moments(x, [2, 3], true);
    const deviation = tf.sqrt(tf.add(variance, 1e-6));
    const mix = (y: tf.Tensor): tf.Tensor => tf.add(tf.mul(y, own), tf.mul(tf.gather(y, partner), tf.sub(1, own)));
    return [tf.add(tf.mul(tf.div(tf.sub(x, mean), deviation), mix(deviation)), mix(mean)), scene];
  },
  masks(x, scene, random) {
    const stripe = (size: number, max: number, label: string): tf.Tensor => {
      const [u, v] = tf.unstack(random.uniform([2, 1], label)) as [tf.Tensor, tf.Tensor];
      const width = tf.floor(tf.mul(u, max));
      const start = tf.floor(tf.mul(v, tf.sub(size, width)));
      const at = tf.range(0, size, 1, 'float32');
      return tf.cast(tf.logicalOr(tf.less(at, start), tf.greaterEqual(at, tf.add(start, width))), 'float32');
    };
    const kept = tf.mul(tf.reshape(stripe(F, 24, 'f'), [1, F, 1, 1]), tf.reshape(stripe(T, 50, 't'), [1, 1, T, 1]));
    return [tf.mul(x, kept), scene];
  },
};

const rng = createRng(1);
const x = ndArray('float32', [B, F, T, C], rng.fillNormal(new Float32Array(B * F * T * C)));
const scene = ndArray('float32', [B, Y], new Float32Array(B * Y).fill(1 / Y));
const before: Readonly<Record<string, (step: number) => unknown>> = {
  nothing: () => undefined,
  mixup: (step) => mixup({ x, scene }, 0.2, rng.split(step)),
  freqMixStyle: (step) => freqMixStyle(x, { probability: 1, alpha: 0.3 }, rng.split(step)),
  masks: (step) =>
    maskBatch(x, { frequency: { count: 1, maxWidth: 24 }, time: { count: 1, maxWidth: 50 } }, rng.split(step)),
};

/** Milliseconds of the fastest of several runs. */
async function fastest(run: (index: number) => unknown): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < RUNS; i++) {
    const begun = performance.now();
    await run(i);
    best = Math.min(best, performance.now() - begun);
  }
  return best;
}

for (const [name, augment] of Object.entries(steps)) {
  // The batch is summed, so that what comes back is small, as in a training step.
  const run: StepFunction = (inputs, random) => {
    const arrays = augment(inputs['x']!, inputs['scene']!, random);
    return { total: tf.addN(arrays.map((array) => tf.sum(tf.square(array)))) };
  };
  const compiled = await compileStep(run, {
    inputs: { x: { dtype: 'float32', shape: x.shape }, scene: { dtype: 'float32', shape: scene.shape } },
  });
  const inStep = await fastest((i) => compiled.run({ x, scene }, rng.split('step', i)));
  const ahead = await fastest((i) => before[name]?.(i));
  console.log(`${name.padEnd(14)} in TypeScript ${ahead.toFixed(2)} ms, step with it ${inStep.toFixed(2)} ms`);
  await compiled.release();
}
