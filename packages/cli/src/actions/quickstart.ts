import { type ClipInfo, makeFolder, type Prediction, UsageError, writeFileAtomic } from '@asc/core';
import { generateSyntheticScenes, type SceneDataset } from '@asc/data';
import { evaluate, type Report } from '@asc/evaluate';
import { encodeOnnx, writeOnnxFile, type OnnxModel } from '@asc/onnx';
import { toFloat16 } from '@asc/quantize';
import { readdir, rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopIfAborted, stopOnAbort } from '../command/interrupted-error.js';
import { evaluateModel } from '../line/evaluate-model.js';
import { exportRun, loadRun } from '../line/load-run.js';
import { quantizeModel } from '../line/quantize-model.js';
import { QUICKSTART_DATASET, quickstartRecipe } from '../line/quickstart-recipe.js';
import { runTraining } from '../line/run-training.js';
import { timeLimit } from '../line/time-limit.js';
import { countingDisplay } from '../terminal/counting-display.js';
import { formatBytes, formatPercent, formatSeconds } from '../terminal/format.js';
import { shellWord } from '../terminal/shell-word.js';
import { table } from '../terminal/table.js';
import { trainingDisplay } from '../terminal/training-display.js';
import type { QuickstartOptions } from '../commands/quickstart.js';

/** By this file the folder is known as ours. */
const MARKER = 'quickstart.json';

/** One exported model and how it does. */
interface Artifact {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly report: Report;
  readonly first: Prediction | undefined;
}

/** Makes everything from nothing. */
export function quickstart(options: QuickstartOptions, context: CommandContext): Promise<CommandResult> {
  return stopOnAbort(context.signal, () => runWholeLine(options, context));
}

async function runWholeLine({ out, seconds }: QuickstartOptions, context: CommandContext): Promise<CommandResult> {
  const { terminal, signal } = context;
  const begun = performance.now();
  const folder = resolve(out);
  await claim(folder);
  const [data, run] = [join(folder, 'dataset'), join(folder, 'run')];

  terminal.print(terminal.palette.bold('1 dataset: ten invented scenes, nine recording devices'));
  const dataset = await generateSyntheticScenes({
    out: data,
    ...QUICKSTART_DATASET,
    signal,
    onProgress: countingDisplay(terminal, 'clips made'),
  });
  terminal.live([]);

  terminal.print(terminal.palette.bold('2 training'));
  const recipe = quickstartRecipe(data);
  const limit = timeLimit(signal, seconds);
  const training = await runTraining(recipe, {
    out: run,
    signal: limit.signal,
    onEvent: trainingDisplay(terminal, recipe.epochs),
  }).finally(() => limit.clear());
  stopIfAborted(signal);
  if (training.interrupted) {
    terminal.print(`${formatSeconds(seconds)} are up after ${training.history.length} of ${recipe.epochs} epochs`);
  }

  terminal.print(terminal.palette.bold('3 export, shrink, evaluate on recordings and devices never heard'));
  const float = exportRun(await loadRun(run), 'waveform');
  const { card } = training;
  const own = { ...card, input: 'waveform' as const };
  const int8 = await quantizeModel(
    { model: float, card: own },
    {
      clips: dataset.split(1, 'train'),
      method: 'minmax',
      signal,
      onProgress: countingDisplay(terminal, 'clips calibrated'),
    },
  );
  const judge = async (name: string, model: OnnxModel): Promise<Artifact> => {
    const file = join(folder, `model.${name}.onnx`);
    await writeOnnxFile(file, model);
    const { predictions } = await evaluateModel(
      { model, card: own },
      {
        dataset,
        fold: 1,
        split: 'evaluate',
        crops: 1,
        signal,
        onProgress: countingDisplay(terminal, `judged by ${name}`),
      },
    );
    const shown = predictions.rows.find(({ device }) => device === 's4');
    return { name, file, bytes: encodeOnnx(model).length, report: evaluate(predictions, own.labels), first: shown };
  };
  const artifacts = [
    await judge('fp32', float),
    await judge('fp16', toFloat16(float)),
    await judge('int8', int8.model),
  ];
  terminal.live([]);
  return present(artifacts, dataset, { folder, data, run, seconds: (performance.now() - begun) / 1000, training });
}

/** Makes the folder ours, or sees that it is: an earlier quickstart is replaced, anything else is left alone. */
async function claim(folder: string): Promise<void> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [] as string[];
    throw cause;
  });
  if (names.length > 0 && !names.includes(MARKER)) {
    throw new UsageError({
      what: `${folder} holds something else.`,
      expected: 'no such folder, an empty one, or one of an earlier quickstart',
      hint: 'Choose another folder: --out DIR.',
    });
  }
  await makeFolder(folder);
  await writeFileAtomic(join(folder, MARKER), `${JSON.stringify({ madeBy: 'asc quickstart' })}\n`);
  // The dataset is the same every time and stays; what was trained on it is made anew.
  await rm(join(folder, 'run'), { recursive: true, force: true });
}

interface Surroundings {
  readonly folder: string;
  readonly data: string;
  readonly run: string;
  readonly seconds: number;
  readonly training: { readonly history: readonly unknown[] };
}

function present(artifacts: readonly Artifact[], dataset: SceneDataset, around: Surroundings): CommandResult {
  const { folder, data, run, seconds, training } = around;
  const unseen = (report: Report): number | undefined =>
    report.deviceGroups.find(({ name }) => name === 'unseen')?.accuracy;
  const rows = artifacts.map(({ name, bytes, report }) => [
    name,
    formatBytes(bytes),
    formatPercent(report.accuracy),
    formatPercent(unseen(report) ?? Number.NaN),
    report.logLoss.toFixed(3),
  ]);
  const columns = [
    { heading: 'model' },
    { heading: 'size', align: 'right' },
    { heading: 'accuracy', align: 'right' },
    { heading: 'unseen devices', align: 'right' },
    { heading: 'log loss', align: 'right' },
  ] as const;
  const int8 = artifacts.at(-1);
  const clip = dataset.clips.find(({ id }) => id === int8?.first?.id);
  const guess = bestGuess(int8);
  return {
    json: {
      out: folder,
      dataset: data,
      run,
      epochs: training.history.length,
      seconds,
      models: artifacts.map(({ name, file, bytes, report }) => ({
        name,
        file,
        bytes,
        accuracy: report.accuracy,
        unseenAccuracy: unseen(report) ?? null,
        logLoss: report.logLoss,
      })),
      prediction: { clip: clip?.path ?? null, truth: clip?.scene ?? null, ...guess },
    },
    text: [
      '',
      table(columns, rows),
      '',
      `int8 on a recording of an unheard device: ${describeGuess(clip, guess)}`,
      `everything lies in ${folder} (made in ${formatSeconds(seconds)}); try:`,
      `  npx asc predict ${shellWord(nearby(int8?.file))} ${shellWord(nearby(clip?.path))}`,
    ].join('\n'),
  };
}

/** A path as one would type it. */
function nearby(path = ''): string {
  const short = relative('', path);
  return short.length < path.length ? short : path;
}

function bestGuess(artifact: Artifact | undefined): { scene: string; probability: number } {
  const probabilities = artifact?.first?.probabilities ?? [];
  const probability = Math.max(0, ...probabilities);
  return { scene: artifact?.report.labels[probabilities.indexOf(probability)] ?? '', probability };
}

function describeGuess(clip: ClipInfo | undefined, guess: { scene: string; probability: number }): string {
  return `${guess.scene} ${formatPercent(guess.probability)}, it is ${clip?.scene ?? 'unknown'}`;
}
