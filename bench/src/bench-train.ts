import { createRng, UsageError, type NdArrays } from '@asc/core';
import { complexity } from '@asc/models';
import { compileStep } from '@asc/onnx';
import { adam, createTask, namedWeights, trainingStep } from '@asc/train';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Contender } from './contest.js';
import { measure, saveScores, type Measurement } from './measurement.js';
import {
  fixedBatch,
  furtherInputs,
  LABELS,
  mapShape,
  TRAINING_NETWORKS,
  trainingNetwork,
  weightsOf,
} from './network.js';
import type { BenchOptions } from './options.js';
import { TORCH_VARIANTS } from './peers.js';
import type { Workplace } from './workplace.js';
import { formatSpread, scoreTable, textTable } from './text-table.js';

const LEARNING_RATE = 1e-3;
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
/** Steps whose losses are compared: the first is one forward pass, the others have updates behind them. */
const COMPARED_STEPS = [1, 2, 5] as const;

/**
 * One training step of a network: forward, 5·CE(scene) + 1·CE(abstract) or CE(scene), backward, Adam, batch-norm statistics.
 * All contenders see the same batch; those of amfm-small start from our weights as well, so that their losses can be
 * compared.
 */
export async function benchTrain(options: BenchOptions, workplace: Workplace): Promise<void> {
  const names = options.network === 'all' ? Object.keys(TRAINING_NETWORKS) : [options.network];
  const lines: string[][] = [];
  for (const name of names) lines.push(await benchNetwork(name, options, workplace));
  if (names.length === 1) return;
  const heading = ['', 'ms a step', 'best peer', 'throughput / best peer', 'GFLOP/s'];
  workplace.voice.print(`\n${textTable([heading, ...lines])}`);
}

async function benchNetwork(name: string, options: BenchOptions, place: Workplace): Promise<string[]> {
  const { scratch, machine, voice } = place;
  const { threads, rounds, steps } = options;
  const known = TRAINING_NETWORKS[name];
  if (known === undefined) {
    throw new UsageError({
      what: `bench train does not know the network "${name}".`,
      expected: [...Object.keys(TRAINING_NETWORKS), 'all'].join(', '),
      received: name,
    });
  }
  const batch = options.batch === 0 ? known.batch : options.batch;
  const size = {
    ...(options.bands > 0 ? { bands: options.bands } : {}),
    ...(options.frames > 0 ? { frames: options.frames } : {}),
  };
  const network = trainingNetwork(name, size);
  const [bands, frames] = mapShape(network);
  const { abstract, ...scenes } = fixedBatch({ batch, bands, frames });
  const labels = known.abstract && abstract !== undefined ? { abstract } : {};
  const arrays: NdArrays = { ...scenes, ...labels, ...furtherInputs(network, batch) };
  const trained = namedWeights(network.training).filter(({ trainable }) => trainable);
  const parameters = trained.reduce((sum, { variable }) => sum + variable.size, 0);
  const sharesWeights = name === 'amfm-small';
  const request = {
    network: name,
    parameters,
    ...(sharesWeights ? { weights: await scratch.write('weights', weightsOf(network)) } : {}),
    batch: await scratch.write('batch', arrays),
    learning_rate: LEARNING_RATE,
  };
  const peers = TORCH_VARIANTS.map((variant) => ({ ...variant, script: 'train', threads, request }));
  const started = performance.now();
  const ours = await ourTrainer(network.training, arrays, threads);
  voice.say(`asc: ${name} traced and loaded in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const result = await measure([ours], peers, options, voice);

  voice.print(
    `\n${name}${known.abstract ? ' with its abstract branch' : ''}, ${parameters} parameters; batch ${batch} of ${bands} × ${frames} × 1, ${threads} threads`,
  );
  voice.print(`Median (least–largest) of ${rounds} rounds of ${steps} steps, taken in turns.\n`);
  voice.print(scoreTable(result.scores, 'a step', batch));
  if (sharesWeights) voice.print(`\n${lossTable(result)}`);
  const columns = result.values.map((losses) => ({
    network: name,
    threads,
    batch,
    bands,
    frames,
    rounds,
    steps,
    ...Object.fromEntries(
      COMPARED_STEPS.map((step) => [`loss_${step}`, sharesWeights ? (losses[step - 1] ?? '') : '']),
    ),
  }));
  voice.print(`\nAppended to ${await saveScores(options, machine, result, columns)}`);

  const [first, ...others] = result.scores;
  const best = others.length === 0 ? '–' : Math.min(...others.map(({ ms }) => ms.median)).toFixed(0);
  const ms = first?.ms.median ?? NaN;
  const { macs } = complexity(network.training);
  return [
    name,
    ms.toFixed(0),
    best,
    first?.ratio === undefined ? '–' : formatSpread(first.ratio, 2),
    // A step is three passes of the forward one's size, two operations a multiply-accumulate.
    ((6 * macs * batch) / ms / 1e6).toFixed(1),
  ];
}

async function ourTrainer(model: LayersModel, arrays: NdArrays, threads: number): Promise<Contender> {
  const optimiser = adam(ADAM);
  const joint = arrays['abstract'] !== undefined;
  const task = createTask(
    joint
      ? { kind: 'extended-mtl', sceneWeight: 5, abstractWeight: 1 }
      : { kind: 'classification', classes: 'scene', labelSmoothing: 0, focalGamma: 0 },
  );
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
