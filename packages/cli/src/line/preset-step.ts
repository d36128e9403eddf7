import { createRng, labelSpace, ndArray, UsageError, type LabelSpace, type NdArrays, type NdSpec } from '@asc/core';
import { createModel, findPreset, type ModelPreset, type SceneModel } from '@asc/models';
import { compileStep } from '@asc/onnx';
import { adam, createTask, trainingStep, type Task } from '@asc/train';
import './tensorflow.js';

const LEARNING_RATE = 1e-3;
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
const ABSTRACTS = ['indoor', 'outdoor', 'transportation'];

/** A compiled training step of a preset with fresh weights, and the batch it runs on. */
export interface PresetStep {
  readonly net: SceneModel;
  run(): Promise<unknown>;
  release(): Promise<void>;
}

/**
 * One training step of a network by name at its published size: forward pass, the loss of its task, backward pass, Adam and
 * batch-norm statistics, on `batch` clips of noise. A network that can learn abstract classes too learns three of them.
 *
 * @throws UsageError for an unknown name, and for a network that gives no classes.
 */
export async function presetStep(
  name: string,
  { batch, threads }: { readonly batch: number; readonly threads?: number | undefined },
): Promise<PresetStep> {
  const preset = findPreset(name);
  const labels = plainLabels(preset);
  const net = createModel(name, {
    seed: 0,
    abstractClasses: labels.abstracts.length,
    ...(preset.config.abstractOf !== undefined && { abstractOf: labels.abstractOf }),
  });
  const task = taskOf(preset, net);
  const optimiser = adam(ADAM);
  const step = trainingStep({ model: net.training, task, labels, optimiser });
  const [input] = net.training.inputs;
  const inputs = step.inputs([batch, ...((input?.shape ?? []).slice(1) as number[])]);
  const arrays = noiseBatch(inputs, Object.keys(task.targets(labels)));
  const compiled = await compileStep(step.run, {
    inputs,
    state: step.state,
    layers: net.training.layers,
    ...(threads === undefined ? {} : { threads }),
  });
  const rng = createRng(0);
  let steps = 0;
  return {
    net,
    run() {
      for (const [key, value] of Object.entries(optimiser.scalars(steps, LEARNING_RATE))) {
        arrays[`optimiser/${key}`] = ndArray('float32', [], Float32Array.of(value));
      }
      return compiled.run(arrays, rng.split(steps++));
    },
    async release() {
      await compiled.release();
      step.dispose();
    },
  };
}

/** As many scenes as the network has, a third of them in each abstract class where it can learn those. */
function plainLabels({ config, jointTraining }: ModelPreset): LabelSpace {
  const scenes = Array.from({ length: config.classes }, (_, y) => `scene-${y}`);
  if (jointTraining === undefined) return labelSpace(scenes);
  const members = (group: number) => scenes.filter((_, y) => y % ABSTRACTS.length === group);
  return labelSpace(scenes, { abstract: Object.fromEntries(ABSTRACTS.map((name, group) => [name, members(group)])) });
}

function taskOf({ name, jointTraining }: ModelPreset, { outputs }: SceneModel): Task {
  if (outputs[0] === 'events') return createTask({ kind: 'aed' });
  if (outputs[0] !== 'scene') {
    throw new UsageError({
      what: `The network "${name}" gives no classes that could be trained by themselves.`,
      expected: 'a network of scenes or events',
      received: `one of: ${outputs.join(', ')}`,
    });
  }
  if (jointTraining !== undefined) return createTask({ kind: jointTraining, sceneWeight: 5, abstractWeight: 1 });
  return createTask({ kind: 'classification', classes: 'scene', labelSmoothing: 0, focalGamma: 0 });
}

/** Normal noise for every input, classes in turn for every target. */
function noiseBatch(
  inputs: Readonly<Record<string, NdSpec>>,
  targets: readonly string[],
): Record<string, NdArrays[string]> {
  const rng = createRng(0).split('bench');
  const arrays = Object.entries(inputs).map(([name, { shape }]): [string, NdArrays[string]] => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const [clips = 0, width = 1] = shape;
    if (targets.includes(name)) for (let i = 0; i < clips; i++) data[i * width + (i % width)] = 1;
    else rng.fillNormal(data);
    return [name, ndArray('float32', shape, data)];
  });
  return Object.fromEntries(arrays);
}
