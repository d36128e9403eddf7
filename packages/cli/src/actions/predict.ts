import { type AscError, DataError, UsageError, type Waveform } from '@asc/core';
import { workerPool, type WorkerPool } from '@asc/data';
import { encodeOnnx } from '@asc/onnx';
import { loadClassifier, MOST_WINDOWS, type Classification, type Classifier } from '@asc/runtime';
import { basename } from 'node:path';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import { loadModel } from '../line/load-model.js';
import type { WindowRequest } from '../line/window-worker.js';
import { formatPercent } from '../terminal/format.js';
import type { PredictOptions } from '../commands/predict.js';

/** Tells the scenes of recordings, one line each. */
export async function predict(
  path: string,
  audio: readonly string[],
  { top }: PredictOptions,
  { terminal, signal }: CommandContext,
): Promise<CommandResult> {
  const { model } = await loadModel(path);
  const classifier = await loadClassifier(encodeOnnx(model));
  // One thread that decodes: the model is in another.
  const pool = workerPool(new URL('../line/window-worker.js', import.meta.url), { workers: 1 });
  const width = Math.max(...audio.map((file) => basename(file).length));
  const files: unknown[] = [];
  const failures: AscError[] = [];
  try {
    for (const file of audio) {
      // One recording that cannot be read does not keep the others from being told.
      const told = await stopOnAbort(signal, () => classifyFile(file, { classifier, pool, top, signal })).catch(
        (error: unknown) => {
          if (error instanceof DataError) return error;
          throw error;
        },
      );
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
    await pool.close();
    await classifier.close();
  }
  const [first] = failures;
  return {
    json: { model: path, files },
    text: '',
    ...(first === undefined ? {} : { failure: combine(first, failures.length, audio.length) }),
  };
}

interface Tools {
  readonly classifier: Classifier;
  readonly pool: WorkerPool;
  readonly top: number;
  readonly signal: AbortSignal;
}

async function classifyFile(file: string, { classifier, pool, top, signal }: Tools): Promise<Classification> {
  const { sampleRateHz, clipSamples: windowSamples, stereo } = classifier.card;
  const placement = { kind: 'cover', most: MOST_WINDOWS } as const;
  const request: WindowRequest = { path: file, sampleRateHz, windowSamples, stereo, placement };
  const windows = await pool.run<Waveform[]>('ownWindows', request);
  try {
    return await classifier.classifyWindows(windows, { top, signal });
  } catch (cause) {
    // What is wrong with its windows, such as a rate that does not lead to the model's, is wrong with the file.
    if (!(cause instanceof UsageError)) throw cause;
    throw new DataError({ ...cause.parts, what: `${file}: ${cause.parts.what}` }, { cause });
  }
}

function combine(first: AscError, failed: number, all: number): AscError {
  if (all === 1) return first;
  return new DataError(
    { ...first.parts, what: `${failed} of ${all} recordings could not be read; the first: ${first.parts.what}` },
    { cause: first },
  );
}
