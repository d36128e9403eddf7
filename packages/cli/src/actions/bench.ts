import { createRng, ndArray, UsageError, type NdArrays } from '@asc/core';
import { frontEnd, frontEndPreset } from '@asc/features';
import { complexity, createModel, listPresets } from '@asc/models';
import { exportOnnx, OnnxRunner, type OnnxModel } from '@asc/onnx';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import type { Bench, BenchOptions } from '../commands/bench.js';
import { frontEndName } from '../line/front-end-name.js';
import { loadModel } from '../line/load-model.js';
import { presetStep } from '../line/preset-step.js';
import '../line/tensorflow.js';
import { timeRepeatedly } from '../line/time-repeatedly.js';

const DEFAULT_NETWORK = 'amfm-small';
const DEFAULT_FRONT_END = 'clova2021';
const TRAINING_BATCH = 32;
/** Of the recording a front end is timed on. */
const SOUND_SECONDS = 5;

/** What was timed, and the clips and operations of one run. */
interface Timed {
  readonly about: string;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly clips: number;
  /** Seconds of sound in a run, where that is what counts. */
  readonly sound?: number;
  /** Floating-point operations of a run. */
  readonly operations?: number;
  readonly ms: readonly number[];
}

/** Times a training step, a front end or a classifier on this machine. */
export async function bench(
  kind: Bench,
  name: string | undefined,
  options: BenchOptions,
  context: CommandContext,
): Promise<CommandResult> {
  if (kind === 'features' && (options.batch ?? options.threads) !== undefined) {
    throw new UsageError({
      what: 'A front end computes one recording on one thread.',
      expected: 'no --batch and no --threads with features',
    });
  }
  const time = { train: benchTrain, features: benchFeatures, infer: benchInfer }[kind];
  const timed = await stopOnAbort(context.signal, () => time(name, options, context));
  return describe(kind, timed);
}

async function benchTrain(name = DEFAULT_NETWORK, options: BenchOptions, { signal }: CommandContext): Promise<Timed> {
  const { batch = TRAINING_BATCH, threads = availableParallelism(), seconds } = options;
  const step = await presetStep(name, { batch, threads });
  try {
    const ms = await timeRepeatedly(() => step.run(), { seconds, signal });
    return {
      about: `a training step of ${name}, batch ${batch}, ${count(threads, 'thread')}`,
      facts: { network: name, batch, threads },
      clips: batch,
      // Three passes of the forward one's size, two operations a multiply–accumulate.
      operations: 6 * complexity(step.net.training).macs * batch,
      ms,
    };
  } finally {
    await step.release();
  }
}

async function benchFeatures(
  name = DEFAULT_FRONT_END,
  options: BenchOptions,
  { signal }: CommandContext,
): Promise<Timed> {
  const { config } = frontEndPreset(frontEndName(name));
  const ends = frontEnd(config);
  const samples = createRng(0).fillNormal(new Float32Array(SOUND_SECONDS * config.sampleRateHz));
  const ms = await timeRepeatedly(() => ends.compute(samples), { seconds: options.seconds, signal });
  return {
    about: `the front end ${name} on ${SOUND_SECONDS} s of sound, one thread`,
    facts: { frontEnd: name, sampleRateHz: config.sampleRateHz, soundSeconds: SOUND_SECONDS },
    clips: 1,
    sound: SOUND_SECONDS,
    ms,
  };
}

async function benchInfer(name = DEFAULT_NETWORK, options: BenchOptions, { signal }: CommandContext): Promise<Timed> {
  const { batch = 1, threads = availableParallelism(), seconds } = options;
  const { model, operations } = await classifier(name);
  const runner = await OnnxRunner.create(model, { threads });
  try {
    const rng = createRng(0).split('bench');
    const feeds: NdArrays = Object.fromEntries(
      runner.inputs.map(({ name: input, shape }) => {
        const sizes = shape.map((size, axis) => (typeof size === 'number' && axis > 0 ? size : batch));
        const data = new Float32Array(sizes.reduce((product, size) => product * size, 1));
        return [input, ndArray('float32', sizes, rng.fillNormal(data))];
      }),
    );
    const ms = await timeRepeatedly(() => runner.run(feeds), { seconds, signal });
    return {
      about: `${name} on ${batch === 1 ? 'one clip' : `${batch} clips`}, ${count(threads, 'thread')}`,
      facts: { model: name, batch, threads },
      clips: batch,
      ...(operations !== undefined && { operations: operations * batch }),
      ms,
    };
  } finally {
    await runner.release();
  }
}

/** A network by name with fresh weights, the network of a run, or a file. */
async function classifier(name: string): Promise<{ readonly model: OnnxModel; readonly operations?: number }> {
  const isPreset = listPresets().some((preset) => preset.name === name);
  if (!isPreset && (existsSync(name) || /[./\\]/.test(name))) return { model: (await loadModel(name)).model };
  const { deployed } = createModel(name, { seed: 0 });
  return { model: exportOnnx(deployed), operations: 2 * complexity(deployed).macs };
}

function describe(kind: Bench, { about, facts, clips, sound, operations, ms }: Timed): CommandResult {
  const sorted = [...ms].sort((a, b) => a - b);
  const [least = NaN, median = NaN, most = NaN] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  const rates: [key: string, value: number, unit: string][] = [
    sound === undefined
      ? ['clipsPerSecond', (1000 * clips) / median, 'clips/s']
      : ['timesRealTime', (1000 * sound) / median, 'times real time'],
  ];
  if (operations !== undefined) rates.push(['gigaflops', operations / median / 1e6, 'GFLOP/s']);
  const told = rates.map(([, value, unit]) => `${fixed(value)} ${unit}`);
  return {
    json: { kind, ...facts, runs: ms.length, ms: { median, least, most }, ...Object.fromEntries(rates) },
    text: [
      about,
      `${fixed(median)} ms (${fixed(least)}–${fixed(most)}, ${count(ms.length, 'run')}); ${told.join(', ')}`,
    ].join('\n'),
  };
}

/** Three digits that say something. */
function fixed(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
