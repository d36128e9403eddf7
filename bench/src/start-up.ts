/**
 * What it takes to start training a preset: seconds of processor time and of the clock for tracing a step and for loading it into ONNX
 * Runtime. By hand, after a build: `node bench/dist/start-up.js [PRESET …]`; without names, all that classify scenes.
 */
import { AscError } from '@asc/core';
import { createModel, listPresets } from '@asc/models';
import { compileStep } from '@asc/onnx';
import { adam, createTask, trainingStep } from '@asc/train';
import '@tensorflow/tfjs-backend-cpu';
import { LABELS } from './network.js';

const BATCH = 2;
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
const CLASSIFICATION = { kind: 'classification', classes: 'scene', labelSmoothing: 0, focalGamma: 0 } as const;

/** Has no form without abstract classes. */
const ROUTED = 'shim2022-separated-classifier';

const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : listPresets().map((preset) => preset.name)) {
  try {
    const routed = name === ROUTED ? { abstractClasses: LABELS.abstracts.length, abstractOf: LABELS.abstractOf } : {};
    const classes = LABELS.scenes.length;
    const { training } = createModel(name, { seed: 1, classes, abstractClasses: 0, ...routed });
    const task = createTask(CLASSIFICATION);
    const step = trainingStep({ model: training, task, labels: LABELS, optimiser: adam(ADAM) });
    const [, ...map] = training.inputs[0]?.shape ?? [];
    const begun = process.cpuUsage();
    const started = performance.now();
    const compiled = await compileStep(step.run, {
      inputs: step.inputs([BATCH, ...map.map((size) => size ?? 1)]),
      state: step.state,
      layers: training.layers,
    });
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(begun);
    console.log(`${name.padEnd(32)} ${((user + system) / 1e6).toFixed(2)} s of the processor, ${seconds.toFixed(2)} s`);
    await compiled.release();
    step.dispose();
  } catch (error) {
    if (!(error instanceof AscError)) throw error;
    console.log(`${name.padEnd(32)} is left out: ${error.message.split('\n', 1)[0]}`);
  }
}
