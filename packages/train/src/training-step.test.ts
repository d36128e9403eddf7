import { createRng, type NdArrays } from '@asc/core';
import { compileStep, type CompiledStep, type Engine } from '@asc/onnx';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { layers, regularizers, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, test } from '@jest/globals';
import { accumulateGradients } from './accumulate-gradients.js';
import { adam } from './adam.js';
import { adamW } from './adamw.js';
import { classification } from './classification.js';
import { clipByNorm, clipByValue } from './clip-gradients.js';
import { createTask } from './create-task.js';
import { namedWeights } from './named-weights.js';
import { oneHotTargets } from './one-hot-targets.js';
import { sgd } from './sgd.js';
import { stackMaps } from './stack-maps.js';
import { TINY_LABELS, tinyExamples, tinyModel } from './tiny-scenes.test.helper.js';
import { trainingStep } from './training-step.js';

const BATCH = 6;
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-3 };
const SGD = { momentum: 0.9, nesterov: true, weightDecay: 1e-3 };

function batch(step: number): NdArrays {
  const examples = tinyExamples(BATCH, `step ${step}`);
  return {
    x: stackMaps(examples.map(({ map }) => map)),
    ...oneHotTargets(
      TINY_LABELS,
      examples.map(({ scene }) => scene),
    ),
  };
}

async function runSteps(engine: Engine, optimiser = adam(ADAM), steps = 5) {
  const task = createTask({ kind: 'extended-mtl', sceneWeight: 5, abstractWeight: 1 });
  const model = tinyModel({ abstract: true, dropout: 0.3 });
  const step = trainingStep({ model, task, labels: TINY_LABELS, optimiser });
  const x = batch(0)['x'];
  const compiled: CompiledStep = await compileStep(step.run, {
    inputs: step.inputs(x?.shape ?? []),
    state: step.state,
    engine,
    threads: 1,
  });
  const before = tf.memory().numTensors;
  const outputs: NdArrays[] = [];
  for (let i = 0; i < steps; i++) {
    const scalars = Object.entries(optimiser.scalars(i, 0.01, { share: i % 2 === 0 ? 1 : 0.5, last: i % 2 === 1 })).map(
      ([name, value]): [string, NdArrays[string]] => [
        `optimiser/${name}`,
        { dtype: 'float32', shape: [], data: Float32Array.of(value) },
      ],
    );
    outputs.push(await compiled.run({ ...batch(i), ...Object.fromEntries(scalars) }, createRng(7).split(i)));
  }
  expect(tf.memory().numTensors).toBe(before);
  const state = compiled.readState();
  await compiled.release();
  step.dispose();
  return { outputs, state };
}

function largestDifference(a: NdArrays, b: NdArrays): number {
  expect(Object.keys(a).sort()).toEqual(Object.keys(b).sort());
  let largest = 0;
  for (const [name, { data, shape }] of Object.entries(a)) {
    expect(b[name]?.shape).toEqual(shape);
    data.forEach((value, i) => {
      const other = b[name]?.data[i] ?? NaN;
      const difference = Math.abs(value - other) / Math.max(1, Math.abs(value));
      largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
    });
  }
  return largest;
}

describe('trainingStep', () => {
  test.each([
    ['adam', () => adam(ADAM), ['optimiser/firstMoment', 'optimiser/secondMoment']],
    ['sgd', () => sgd(SGD), ['optimiser/momentum']],
    [
      'gathered, clipped adamw',
      () => accumulateGradients(clipByNorm(adamW(ADAM), 0.1)),
      ['optimiser/firstMoment', 'optimiser/secondMoment', 'optimiser/meanGradient'],
    ],
    ['sgd of clipped values', () => clipByValue(sgd(SGD), 0.01), ['optimiser/momentum']],
  ] as const)(
    'traced and eager agree over 5 steps with %s: losses, weights, statistics',
    async (_name, make, slots) => {
      const eager = await runSteps('eager', make());
      const traced = await runSteps('cpu', make());
      expect(Object.keys(eager.state).filter((name) => name.startsWith('optimiser/'))).toEqual(slots);
      expect(Object.keys(eager.state)).toContain('norm/moving_variance');
      expect(Object.keys(eager.outputs[0] as NdArrays).sort()).toEqual([
        'logits',
        'part/abstract',
        'part/scene',
        'total',
      ]);
      // Sums of a few hundred single-precision numbers in another order differ by 1e-6 relative; Adam's quotient of moments
      // carries that into steps of 0.01, five of them.
      expect(largestDifference(eager.state, traced.state)).toBeLessThan(2e-5);
      eager.outputs.forEach((outputs, i) => {
        expect(largestDifference(outputs, traced.outputs[i] as NdArrays)).toBeLessThan(1e-4);
      });
    },
  );

  test('every weight and statistic moves', async () => {
    const { state } = await runSteps('cpu', adam(ADAM), 1);
    for (const { name, variable } of namedWeights(tinyModel({ abstract: true, dropout: 0.3 }))) {
      const before = variable.dataSync();
      expect([name, state[name]?.data.some((value, i) => value !== before[i])]).toEqual([name, true]);
    }
  });

  test('refuses a weight the task does not reach, and a frozen model', () => {
    const labels = TINY_LABELS;
    const model = tinyModel({ abstract: true });
    const step = trainingStep({ model, task: classification(), labels, optimiser: sgd(SGD) });
    const inputs = Object.fromEntries(
      Object.entries({ ...batch(0), 'optimiser/learningRate': { shape: [], data: Float32Array.of(1) } }).map(
        ([name, { data, shape }]) => [name, tf.tensor(data, [...shape])],
      ),
    );
    const random = { uniform: () => tf.scalar(0), normal: () => tf.scalar(0) };
    expect(() => step.run(inputs, random)).toThrow(/does not depend on the trainable weight "abstract\//);
    model.trainable = false;
    expect(() => trainingStep({ model, task: classification(), labels, optimiser: sgd(SGD) })).toThrow(/frozen/);
  });

  test("regularisers of the user's layers count and constraints hold", () => {
    const kernelRegularizer = regularizers.l2({ l2: 1 });
    const model = sequential({
      layers: [
        layers.flatten({ inputShape: [8, 6, 1] }),
        layers.dense({ units: 4, kernelRegularizer, kernelConstraint: 'nonNeg' }),
      ],
    });
    const step = trainingStep({ model, task: classification(), labels: TINY_LABELS, optimiser: sgd(SGD) });
    tf.tidy(() => {
      const { x, scene } = batch(0);
      const random = { uniform: () => tf.scalar(0), normal: () => tf.scalar(0) };
      const outputs = step.run(
        {
          x: tf.tensor(x?.data as Float32Array, [...(x?.shape ?? [])]),
          scene: tf.tensor(scene?.data as Float32Array, [...(scene?.shape ?? [])]),
          'optimiser/learningRate': tf.scalar(0.1),
        },
        random,
      );
      const value = (name: string) => outputs[name]?.dataSync()[0] as number;
      expect(value('total')).toBeGreaterThan(value('part/scene') + 1);
      const [kernel] = namedWeights(model).filter(({ name }) => name.endsWith('kernel'));
      expect(Math.min(...(kernel?.variable.dataSync() ?? [NaN]))).toBe(0);
    });
  });
});

describe('namedWeights', () => {
  test('layers nobody named have the same names however many models were built before', () => {
    const build = () =>
      sequential({
        layers: [
          layers.dense({ units: 2, inputShape: [3] }),
          layers.dense({ units: 2 }),
          layers.dense({ units: 1, name: 'last' }),
        ],
      });
    const names = namedWeights(build()).map(({ name }) => name);
    expect(names).toEqual([
      'dense_1/bias',
      'dense_1/kernel',
      'dense_2/bias',
      'dense_2/kernel',
      'last/bias',
      'last/kernel',
    ]);
    expect(namedWeights(build()).map(({ name }) => name)).toEqual(names);
  });
});
