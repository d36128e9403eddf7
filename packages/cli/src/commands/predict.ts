import { AscError, DataError, type Prediction } from '@asc/core';
import type { Command } from 'commander';
import { basename } from 'node:path';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import { wholeNumber } from '../command/options.js';
import { loadModel } from '../line/load-model.js';
import { createSceneJudge, type SceneJudge } from '../line/scene-judge.js';
import { formatPercent } from '../terminal/format.js';

/** Windows a recording is heard in at most: longer ones are sampled evenly. */
const MOST_WINDOWS = 32;

interface PredictOptions extends CommonOptions {
  readonly top: number;
}

/** A scene with its posterior. */
interface Guess {
  readonly scene: string;
  readonly probability: number;
}

/** `asc predict`: which scene a recording was made in. */
export function addPredictCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'predict <FILE.onnx> <AUDIO...>',
    'tell the scene of recordings of any length, rate and format (WAV, FLAC, MP3)',
    'asc predict amfm.onnx street.wav park.flac --top 3',
  )
    .option('--top <N>', 'number of scenes to tell', wholeNumber(1), 3)
    .action((model: string, audio: string[], options: PredictOptions) =>
      perform(options, (context) => predict(model, audio, options, context)),
    );
}

async function predict(
  path: string,
  audio: readonly string[],
  { top }: PredictOptions,
  { terminal, signal }: CommandContext,
): Promise<CommandResult> {
  const { model, card } = await loadModel(path);
  const judge = await createSceneJudge(model, card);
  const width = Math.max(...audio.map((file) => basename(file).length));
  const files: unknown[] = [];
  const failures: AscError[] = [];
  try {
    for (const file of audio) {
      // One recording that cannot be read does not keep the others from being told.
      const told = await stopOnAbort(signal, () => guess(judge, file, top, signal)).catch((error: unknown) => {
        if (error instanceof DataError) return error;
        throw error;
      });
      if (told instanceof DataError) {
        failures.push(told);
        files.push({ file, error: told.message });
        continue;
      }
      files.push({ file, top: told });
      const guesses = told.map(({ scene, probability }) => `${scene} ${formatPercent(probability)}`);
      terminal.print(`${basename(file).padEnd(width)}  ${guesses.join('  ')}`);
    }
  } finally {
    await judge.close();
  }
  const [first] = failures;
  return {
    json: { model: path, files },
    text: '',
    ...(first === undefined ? {} : { failure: combine(first, failures.length, audio.length) }),
  };
}

async function guess(judge: SceneJudge, file: string, top: number, signal: AbortSignal): Promise<Guess[]> {
  const placement = { kind: 'cover', most: MOST_WINDOWS } as const;
  const rows: Prediction[] = [];
  for await (const row of judge.judge([{ id: file, path: file }], placement, { signal })) rows.push(row);
  const probabilities = rows[0]?.probabilities ?? [];
  return judge.card.labels.scenes
    .map((scene, i) => ({ scene, probability: probabilities[i] ?? 0 }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
}

function combine(first: AscError, failed: number, all: number): AscError {
  if (all === 1) return first;
  return new DataError(
    { ...first.parts, what: `${failed} of ${all} recordings could not be read; the first: ${first.parts.what}` },
    { cause: first },
  );
}
