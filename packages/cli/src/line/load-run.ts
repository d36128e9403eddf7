import { DataError, UsageError, type ModelCard } from '@asc/core';
import { frontEnd } from '@asc/features';
import type { SceneModel } from '@asc/models';
import { exportOnnx, type OnnxModel } from '@asc/onnx';
import { loadWeights, readCheckpoint, readRun, type Recipe } from '@asc/train';
import { readFile, stat } from 'node:fs/promises';
import type { RunWeights } from '../command/run-weights.js';
import { cardPath } from './card-path.js';
import { restoreEmbedder } from './embedder.js';
import { recipeModel } from './prepare-model.js';
import { exportQuantized, isQuantized, restoreQuantized } from './quantized-model.js';

/** A trained network as its run left it. */
export interface LoadedRun {
  readonly recipe: Recipe;
  readonly card: ModelCard;
  readonly model: SceneModel;
  readonly weights: RunWeights;
  /** Epochs behind the weights. */
  readonly epoch: number;
}

/**
 * The network of a run with its final weights, averaged where its recipe averages, or with those asked for.
 *
 * @throws DataError where the folder is no run or does not hold the checkpoint whole.
 */
export async function loadRun(folder: string, options: { readonly weights?: RunWeights } = {}): Promise<LoadedRun> {
  const { recipe, recipeHash, paths } = await readRun(folder);
  const weights = options.weights ?? (recipe.averaging.kind === 'none' ? 'last' : 'averaged');
  const card = await readCard(folder);
  if (!(await isThere(paths[weights]))) throw missing(folder, weights, recipe);
  const { state, epoch } = await readCheckpoint(paths[weights], { recipeHash });
  const model = recipe.quantization === undefined ? recipeModel(recipe, card) : await restoreQuantized(folder, recipe);
  loadWeights(model.training, state);
  if ('embedder' in model && model.embedder?.frozen === true) await restoreEmbedder(folder, model.embedder);
  return { recipe, card, model, weights, epoch };
}

function missing(folder: string, weights: RunWeights, { averaging }: Recipe): DataError {
  const reasons: Readonly<Record<RunWeights, string>> = {
    last: 'Train it first: the first checkpoint comes with the end of the first epoch.',
    best: 'Nothing was validated yet: go on with the run, or take --weights last.',
    averaged:
      averaging.kind === 'none'
        ? 'Its recipe does not average: take --weights last or best.'
        : 'Averaging has not begun: go on with the run, or take --weights last.',
  };
  return new DataError({ what: `The run ${folder} holds no ${weights} weights.`, hint: reasons[weights] });
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * The deployed network of a run as an ONNX model that takes feature maps or, its front end inside, raw samples; on 8 bits where it
 * was trained on them.
 */
export function exportRun({ recipe, card, model }: LoadedRun, input: ModelCard['input']): OnnxModel {
  if (input === 'waveform' && card.patches !== undefined) {
    throw new UsageError({
      what: `The network "${model.name}" hears a recording at two sample rates, and takes no raw samples.`,
      expected: 'feature maps as its input',
      hint: 'Export it with --input features: it takes "features" and "patches", as the model card describes.',
    });
  }
  if (isQuantized(model)) return exportQuantized(model, recipe, card, input);
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
