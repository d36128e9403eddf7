import { createRng, ndArray, tau2020Labels, type NdArray, type NdArrays } from '@asc/core';
import { createModel } from '@asc/models';
import { compileStep, type Engine } from '@asc/onnx';
import { adam, createTask, oneHotTargets, trainingStep, type Optimiser } from '@asc/train';
import { expect, it } from '@jest/globals';
import './line/tensorflow.js';

const STEPS = 5;
const LEARNING_RATE = 1e-3;
// Small maps: tfjs takes the better part of a second a step even so.
const SHAPE = [3, 12, 8, 1] as const;
const labels = tau2020Labels();

/** What each step says, and all weights, statistics and slots after the last. */
async function train(engine: Engine, optimiser: Optimiser): Promise<{ outputs: NdArrays[]; state: NdArrays }> {
  const [batch, bands, frames, channels] = SHAPE;
  const { training } = createModel('amfm-small', { seed: 3, bands, frames, channels, abstractClasses: 3 });
  const task = createTask({ kind: 'extended-mtl', sceneWeight: 5, abstractWeight: 1 });
  const step = trainingStep({ model: training, task, labels, optimiser });
  const inputs = step.inputs(SHAPE);
  const compiled = await compileStep(step.run, { inputs, state: step.state, engine, layers: training.layers });
  const outputs: NdArrays[] = [];
  for (let i = 0; i < STEPS; i++) {
    const rng = createRng(9).split(i);
    const x = ndArray('float32', SHAPE, rng.fillNormal(new Float32Array(batch * bands * frames * channels)));
    const scenes = Array.from({ length: batch }, () => labels.scenes[rng.integer(labels.scenes.length)]!);
    const scalars = Object.entries(optimiser.scalars(i, LEARNING_RATE)).map(([name, value]): [string, NdArray] => [
      `optimiser/${name}`,
      ndArray('float32', [], Float32Array.of(value)),
    ]);
    outputs.push(
      await compiled.run(
        { x, ...oneHotTargets(labels, scenes), ...Object.fromEntries(scalars) },
        createRng(1).split(i),
      ),
    );
  }
  const state = compiled.readState();
  await compiled.release();
  step.dispose();
  return { outputs, state };
}

/** Largest |a − b| over all arrays, each in units of its largest value, and where. */
function worst(a: NdArrays, b: NdArrays): { name: string; distance: number } {
  expect(Object.keys(a).sort()).toEqual(Object.keys(b).sort());
  let found = { name: '', distance: 0 };
  for (const [name, array] of Object.entries(a)) {
    const [left, right] = [Array.from(array.data), Array.from(b[name]!.data)];
    const scale = Math.max(1, ...left.map(Math.abs));
    const distance = left.reduce((most, x, i) => Math.max(most, Math.abs(x - right[i]!) / scale), 0);
    if (!(distance <= found.distance)) found = { name, distance };
  }
  return found;
}

it('amfm-small trains traced as it trains eagerly: losses, weights, statistics, moments', async () => {
  // A larger ε than usual: with 1e-8, a gradient that is zero but for rounding moves a weight by a whole learning rate.
  const optimiser = () => adam({ beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weightDecay: 0 });
  const [eager, traced] = [await train('eager', optimiser()), await train('cpu', optimiser())];
  // Sums in another order, carried through five steps and norms over few values; seen: 8e-5.
  expect(worst(traced.state, eager.state).distance).toBeLessThan(3e-4);
  eager.outputs.forEach((said, i) => expect(worst(traced.outputs[i]!, said).distance).toBeLessThan(3e-4));
});
