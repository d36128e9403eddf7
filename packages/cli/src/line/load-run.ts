import { DataError, type ModelCard } from '@asc/core';
import { frontEnd } from '@asc/features';
import type { SceneModel } from '@asc/models';
import { exportOnnx, type OnnxModel } from '@asc/onnx';
import { loadWeights, readCheckpoint, readRun, recipeHash, type Recipe } from '@asc/train';
import { readFile } from 'node:fs/promises';
import { recipeModel } from './prepare-model.js';
import { cardPath } from './run-training.js';

/** A trained network as its run left it. */
export interface LoadedRun {
  readonly recipe: Recipe;
  readonly card: ModelCard;
  readonly model: SceneModel;
  /** Epochs behind the weights. */
  readonly epoch: number;
}

/**
 * The network of a run with the weights of its last checkpoint.
 *
 * @throws DataError where the folder is no run or holds no whole checkpoint.
 */
export async function loadRun(folder: string): Promise<LoadedRun> {
  const { recipe, paths } = await readRun(folder);
  const card = await readCard(folder);
  const { state, epoch } = await readCheckpoint(paths.last, { recipeHash: recipeHash(recipe) });
  const model = recipeModel(recipe, card);
  loadWeights(model.training, state);
  return { recipe, card, model, epoch };
}

/** The deployed network of a run as an ONNX model that takes feature maps or, its front end inside, raw samples. */
export function exportRun({ card, model }: LoadedRun, input: ModelCard['input']): OnnxModel {
  const own = { ...card, input };
  return exportOnnx(
    model.deployed,
    input === 'features' ? { card: own } : { card: own, frontEnd: frontEnd(card.frontEnd).plan() },
  );
}

/** The card a run keeps beside its weights. @throws DataError where there is none. */
export async function readCard(folder: string): Promise<ModelCard> {
  const path = cardPath(folder);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ModelCard;
  } catch (cause) {
    throw new DataError(
      {
        what: `Cannot read ${path}.`,
        received: String(cause),
        hint: 'Resume the run: the card is written at its start.',
      },
      { cause },
    );
  }
}
