import { AscError, DataError, UsageError, type ModelCard } from '@asc/core';
import { getModelCard, readOnnxFile, type OnnxModel } from '@asc/onnx';
import { stat } from 'node:fs/promises';
import type { RunWeights } from '../command/run-weights.js';
import { exportRun, loadRun } from './load-run.js';

/** A model that can judge recordings, and what it knows about itself. */
export interface LoadedModel {
  readonly model: OnnxModel;
  readonly card: ModelCard;
}

/**
 * A run's network or an exported file: the same thing, for whoever judges recordings with it.
 *
 * @throws UsageError where `weights` are asked of a file, which has its own.
 */
export async function loadModel(path: string, options: { readonly weights?: RunWeights } = {}): Promise<LoadedModel> {
  const found = await stat(path).catch((cause: unknown) => {
    const hint = 'Give the folder of a run, or an .onnx file made by `asc export`.';
    throw new DataError({ what: `${path} does not exist.`, expected: 'a run or an .onnx file', hint }, { cause });
  });
  if (found.isDirectory()) {
    const run = await loadRun(path, options);
    const model = exportRun(run, 'features');
    return { model, card: { ...getModelCard(model), recipe: run.recipe } };
  }
  if (options.weights !== undefined) {
    throw new UsageError({
      what: `${path} is a file, and has one set of weights.`,
      expected: 'the folder of a run with --weights',
      hint: 'Leave --weights out, or export the run with --weights.',
    });
  }
  return readModelFile(path);
}

/** An exported file. @throws DataError naming it where it cannot be read, or does not know its labels and front end. */
export async function readModelFile(path: string): Promise<LoadedModel> {
  const model = await readOnnxFile(path);
  try {
    return { model, card: getModelCard(model) };
  } catch (cause) {
    if (!(cause instanceof AscError)) throw cause;
    throw new DataError(
      { ...cause.parts, what: `${path}: ${cause.parts.what}`, hint: 'Export the model with `asc export`.' },
      { cause },
    );
  }
}
