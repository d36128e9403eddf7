import { type AscError, DataError, type Prediction } from '@asc/core';
import { basename } from 'node:path';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import { loadModel } from '../line/load-model.js';
import { createSceneJudge, type SceneJudge } from '../line/scene-judge.js';
import { formatPercent } from '../terminal/format.js';
import type { PredictOptions } from '../commands/predict.js';

/** Windows a recording is heard in at most: longer ones are sampled evenly. */
const MOST_WINDOWS = 32;

/** A scene with its posterior. */
interface Guess {
  readonly scene: string;
  readonly probability: number;
}

/** The likeliest scenes of a recording, and whether there was anything to hear. */
interface Verdict {
  readonly top: readonly Guess[];
  readonly silent: boolean;
}

/** Tells the scenes of recordings, one line each. */
export async function predict(
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
      const { top: scenes, silent } = told;
      files.push({ file, top: scenes, silent });
      const guesses = scenes.map(({ scene, probability }) => `${scene} ${formatPercent(probability)}`);
      const doubt = silent ? '  (silent: this means nothing)' : '';
      terminal.print(`${basename(file).padEnd(width)}  ${guesses.join('  ')}${doubt}`);
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

async function guess(judge: SceneJudge, file: string, top: number, signal: AbortSignal): Promise<Verdict> {
  const placement = { kind: 'cover', most: MOST_WINDOWS } as const;
  const rows: Prediction[] = [];
  let silent = false;
  const options = { signal, onSilence: () => (silent = true) };
  for await (const row of judge.judge([{ id: file, path: file }], placement, options)) rows.push(row);
  const probabilities = rows[0]?.probabilities ?? [];
  const guesses = judge.card.labels.scenes
    .map((scene, i): Guess => ({ scene, probability: probabilities[i] ?? 0 }))
    .sort((a, b) => b.probability - a.probability);
  return { top: guesses.slice(0, top), silent };
}

function combine(first: AscError, failed: number, all: number): AscError {
  if (all === 1) return first;
  return new DataError(
    { ...first.parts, what: `${failed} of ${all} recordings could not be read; the first: ${first.parts.what}` },
    { cause: first },
  );
}
