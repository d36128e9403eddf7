import { DataError, type ModelCard } from '@asc/core';
import { getModelCard, readOnnxFile, type OnnxModel } from '@asc/onnx';
import { stat } from 'node:fs/promises';
import { exportRun, loadRun } from './load-run.js';

/** A model that can judge recordings, and what it knows about itself. */
export interface LoadedModel {
  readonly model: OnnxModel;
  readonly card: ModelCard;
}

/** A run's network or an exported file: the same thing, for whoever judges recordings with it. */
export async function loadModel(path: string): Promise<LoadedModel> {
  const found = await stat(path).catch((cause: unknown) => {
    const hint = 'Give the folder of a run, or an .onnx file made by `asc export`.';
    throw new DataError({ what: `${path} does not exist.`, expected: 'a run or an .onnx file', hint }, { cause });
  });
  if (found.isDirectory()) {
    const run = await loadRun(path);
    const model = exportRun(run, 'features');
    return { model, card: { ...getModelCard(model), recipe: run.recipe } };
  }
  const model = await readOnnxFile(path);
  return { model, card: getModelCard(model) };
}
