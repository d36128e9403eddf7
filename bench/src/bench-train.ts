import { createRng, UsageError, type NdArrays } from '@asc/core';
import { complexity } from '@asc/models';
import { compileStep, loweringsFor, trace } from '@asc/onnx';
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
import { limitOf, measureRoofline, type Roofline } from './roofline.js';
import { tracedBytes } from './traced-bytes.js';
import { formatSpread, scoreTable, textTable } from './text-table.js';
import type { Workplace } from './workplace.js';

const LEARNING_RATE = 1e-3;
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
/** Steps whose losses are compared: the first is one forward pass, the others have updates behind them. */
const COMPARED_STEPS = [1, 2, 5] as const;
/** Throughput over the best mode of PyTorch: wanted on so many networks, and on every one. */
const BAR = { wanted: 1.2, networks: 5, least: 1 } as const;
/** Eager steps of larger networks than this take minutes a clip. */
const EAGER_MACS = 2e8;

/**
 * One training step of a network: forward, 5·CE(scene) + 1·CE(abstract) or CE(scene), backward, Adam, batch-norm statistics.
 * All contenders see the same batch; those of amfm-small start from our weights as well, so that their losses can be
 * compared.
 */
export async function benchTrain(options: BenchOptions, workplace: Workplace): Promise<void> {
  const names = options.network === 'all' ? Object.keys(TRAINING_NETWORKS) : [options.network];
  const { voice } = workplace;
  const roof = await measureRoofline(options.threads);
  const results: TrainResult[] = [];
  for (const name of names) results.push(await benchNetwork(name, options, roof, workplace));
  voice.print(
    `\nAt most, on ${options.threads} threads through ONNX Runtime: ${roof.gflops.toFixed(0)} GFLOP/s by MatMul, ${roof.gigabytes.toFixed(1)} GB/s by Add.`,
  );
  voice.print(
    'GFLOP: six a multiply-accumulate. GB: what the operators of the traced step read and write, fused or not.\n',
  );
  voice.print(textTable([HEADING, ...results.map(({ line }) => line)]));
  const ratios = results.flatMap(({ ratio }) => (ratio === undefined ? [] : [ratio]));
  if (ratios.length > 0) voice.print(`\n${verdictOf(ratios)}`);
}

const HEADING = [
  '',
  'ms a step',
  'best peer',
  'throughput / best peer',
  'GFLOP',
  'GB',
  'GFLOP/s',
  'of MatMul',
  'of Add',
  'limited by',
  'tfjs eager, s a clip',
];

interface TrainResult {
  readonly line: string[];
  /** Median throughput over the best peer. */
  readonly ratio: number | undefined;
}

function verdictOf(ratios: readonly number[]): string {
  const above = ratios.filter((ratio) => ratio >= BAR.wanted).length;
  const below = ratios.filter((ratio) => ratio < BAR.least).length;
  const said = (reached: boolean): string => (reached ? 'reached' : 'not reached');
  return [
    `Wanted: ${BAR.wanted} times the best mode of PyTorch on ${BAR.networks} networks: ${above} of ${ratios.length}, ${said(above >= BAR.networks)}.`,
    `Wanted: none below ${BAR.least}: ${below} below, ${said(below === 0)}.`,
  ].join('\n');
}

async function benchNetwork(
  name: string,
  options: BenchOptions,
  roof: Roofline,
  place: Workplace,
): Promise<TrainResult> {
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
  const { macs } = complexity(network.training);
  const bytes = await bytesOfStep(network.training, arrays);
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
  // A step is three passes of the forward one's size, two operations a multiply-accumulate.
  const operations = 6 * macs * batch;
  const columns = result.values.map((losses) => ({
    network: name,
    threads,
    batch,
    bands,
    frames,
    rounds,
    steps,
    gflop: operations / 1e9,
    traced_gb: bytes / 1e9,
    matmul_gflops: roof.gflops,
    add_gbs: roof.gigabytes,
    ...Object.fromEntries(
      COMPARED_STEPS.map((step) => [`loss_${step}`, sharesWeights ? (losses[step - 1] ?? '') : '']),
    ),
  }));
  voice.print(`\nAppended to ${await saveScores(options, machine, result, columns)}`);

  const [first, ...others] = result.scores;
  const best = others.length === 0 ? '–' : Math.min(...others.map(({ ms }) => ms.median)).toFixed(0);
  const ms = first?.ms.median ?? NaN;
  const { compute, memory, by } = limitOf({ operations, bytes, seconds: ms / 1000 }, roof);
  const line = [
    name,
    ms.toFixed(0),
    best,
    first?.ratio === undefined ? '–' : formatSpread(first.ratio, 2),
    (operations / 1e9).toFixed(1),
    (bytes / 1e9).toFixed(2),
    (operations / ms / 1e6).toFixed(1),
    `${(100 * compute).toFixed(0)} %`,
    `${(100 * memory).toFixed(0)} %`,
    by,
    macs > EAGER_MACS ? '–' : (await eagerSeconds(name, size)).toFixed(1),
  ];
  return { line, ratio: first?.ratio?.median };
}

/** One step on one clip in plain tfjs on its JavaScript backend; WebAssembly has no gradients of convolution filters. */
async function eagerSeconds(
  name: string,
  size: { readonly bands?: number; readonly frames?: number },
): Promise<number> {
  const network = trainingNetwork(name, size);
  const [bands, frames] = mapShape(network);
  const { abstract, ...scenes } = fixedBatch({ batch: 1, bands, frames });
  const labels = TRAINING_NETWORKS[name]?.abstract === true && abstract !== undefined ? { abstract } : {};
  const arrays: NdArrays = { ...scenes, ...labels, ...furtherInputs(network, 1) };
  const trainer = await ourTrainer(network.training, arrays, 1, 'eager');
  try {
    const [ms = NaN] = await trainer.run(1);
    return ms / 1000;
  } finally {
    await trainer.close();
  }
}

function stepOf(model: LayersModel, arrays: NdArrays) {
  const optimiser = adam(ADAM);
  const joint = arrays['abstract'] !== undefined;
  const task = createTask(
    joint
      ? { kind: 'extended-mtl', sceneWeight: 5, abstractWeight: 1 }
      : { kind: 'classification', classes: 'scene', labelSmoothing: 0, focalGamma: 0 },
  );
  return { optimiser, step: trainingStep({ model, task, labels: LABELS, optimiser }) };
}

async function bytesOfStep(model: LayersModel, arrays: NdArrays): Promise<number> {
  const { step } = stepOf(model, arrays);
  const inputs = step.inputs(arrays['x']?.shape ?? []);
  const lowerings = await loweringsFor('cpu');
  const traced = trace(step.run, { inputs, state: step.state, layers: model.layers, lowerings });
  step.dispose();
  return tracedBytes(traced.model);
}

export async function ourTrainer(
  model: LayersModel,
  arrays: NdArrays,
  threads: number,
  engine: 'cpu' | 'eager' = 'cpu',
): Promise<Contender> {
  const { optimiser, step } = stepOf(model, arrays);
  const compiled = await compileStep(step.run, {
    inputs: step.inputs(arrays['x']?.shape ?? []),
    state: step.state,
    engine,
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
