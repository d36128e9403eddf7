import { createRng, type NdArrays } from '@asc/core';
import { compileStep } from '@asc/onnx';
import { adam, createTask, namedWeights, trainingStep } from '@asc/train';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Contender } from './contest.js';
import { measure, saveScores, type Measurement } from './measurement.js';
import { amfmSmallNetwork, fixedBatch, LABELS, weightsOf } from './network.js';
import type { BenchOptions } from './options.js';
import { TORCH_VARIANTS } from './peers.js';
import type { Workplace } from './workplace.js';
import { scoreTable, textTable } from './text-table.js';

const LEARNING_RATE = 1e-3;
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
/** Steps whose losses are compared: the first is one forward pass, the others have updates behind them. */
const COMPARED_STEPS = [1, 2, 5] as const;

/**
 * One training step of amfm-small with its abstract branch: forward, 5·CE(scene) + 1·CE(abstract), backward, Adam, batch-norm
 * statistics. All contenders start from our weights and see the same batch, so that their losses can be compared.
 */
export async function benchTrain(options: BenchOptions, { scratch, machine, voice }: Workplace): Promise<void> {
  const { batch, bands, frames, threads, rounds, steps } = options;
  const network = amfmSmallNetwork(options);
  const arrays = fixedBatch(options);
  const request = {
    weights: await scratch.write('weights', weightsOf(network)),
    batch: await scratch.write('batch', arrays),
    learning_rate: LEARNING_RATE,
  };
  const peers = TORCH_VARIANTS.map((variant) => ({ ...variant, script: 'train', threads, request }));
  const started = performance.now();
  const ours = await ourTrainer(network.training, arrays, threads);
  voice.say(`asc: traced and loaded in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const result = await measure(ours, peers, options, voice);

  const trained = namedWeights(network.training).filter(({ trainable }) => trainable);
  const parameters = trained.reduce((sum, { variable }) => sum + variable.size, 0);
  voice.print(
    `amfm-small with its abstract branch, ${parameters} parameters; batch ${batch} of ${bands} × ${frames} × 1, ${threads} threads`,
  );
  voice.print(`Median (least–largest) of ${rounds} rounds of ${steps} steps, taken in turns.\n`);
  voice.print(scoreTable(result.scores, 'a step', batch));
  voice.print(`\n${lossTable(result)}`);
  const columns = result.values.map((losses) => ({
    threads,
    batch,
    bands,
    frames,
    rounds,
    steps,
    ...Object.fromEntries(COMPARED_STEPS.map((step) => [`loss_${step}`, losses[step - 1] ?? ''])),
  }));
  voice.print(`\nAppended to ${await saveScores(options, machine, result, columns)}`);
}

async function ourTrainer(model: LayersModel, arrays: NdArrays, threads: number): Promise<Contender> {
  const optimiser = adam(ADAM);
  const task = createTask({ kind: 'extended-mtl', sceneWeight: 5, abstractWeight: 1 });
  const step = trainingStep({ model, task, labels: LABELS, optimiser });
  const compiled = await compileStep(step.run, {
    inputs: step.inputs(arrays['x']?.shape ?? []),
    state: step.state,
    threads,
    layers: model.layers,
  });
  const rng = createRng(1);
  const losses: number[] = [];
  return {
    name: 'asc',
    side: 'ours',
    async run(count) {
      const ms: number[] = [];
      for (let i = 0; i < count; i++) {
        const started = performance.now();
        const outputs = await compiled.run({ ...arrays, ...scalarsOf(losses.length) }, rng.split(losses.length));
        losses.push(outputs['total']?.data[0] ?? NaN);
        ms.push(performance.now() - started);
      }
      return ms;
    },
    values: async () => losses,
    async close() {
      await compiled.release();
      step.dispose();
    },
  };

  function scalarsOf(at: number): NdArrays {
    return Object.fromEntries(
      Object.entries(optimiser.scalars(at, LEARNING_RATE)).map(([name, value]) => [
        `optimiser/${name}`,
        { dtype: 'float32', shape: [], data: Float32Array.of(value) } as const,
      ]),
    );
  }
}

/** Losses of each contender, and how far the peers' are from ours. */
function lossTable({ scores, values }: Measurement): string {
  const [ours = []] = values;
  const shown = COMPARED_STEPS.filter((step) => step <= ours.length);
  const cell = (losses: readonly number[], at: number, step: number) => {
    const loss = losses[step - 1] ?? NaN;
    if (at === 0) return loss.toFixed(6);
    const difference = loss - (ours[step - 1] ?? NaN);
    return `${loss.toFixed(6)} (${difference < 0 ? '−' : '+'}${Math.abs(difference).toExponential(1)})`;
  };
  return textTable([
    ['', ...shown.map((step) => `loss at step ${step}`)],
    ...scores.map(({ name }, at) => [name, ...shown.map((step) => cell(values[at] ?? [], at, step))]),
  ]);
}
