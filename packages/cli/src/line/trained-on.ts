import { UsageError, type ModelCard } from '@asc/core';
import type { SceneDataset } from '@asc/data';
import { parseRecipe, type Recipe } from '@asc/train';
import { datasetFor } from './dataset-for.js';
import { findDataset, openDataset, openRecipeDataset } from './open-dataset.js';

/** The recipe a model was trained with, where it knows it. */
export function recipeOf({ recipe }: ModelCard): Recipe | undefined {
  return recipe === undefined ? undefined : parseRecipe(recipe);
}

/** A dataset with the fold and the number of windows to judge it by. */
export interface Grounds {
  readonly dataset: SceneDataset;
  readonly fold: number;
  readonly crops: number;
}

/**
 * What to judge a model on: the dataset given, or the one it was trained with.
 *
 * @throws UsageError where there is neither; DataError where it is not found.
 */
export async function groundsFor(
  card: ModelCard,
  given: {
    readonly dataset?: string | undefined;
    readonly fold?: number | undefined;
    readonly crops?: number | undefined;
  },
): Promise<Grounds> {
  const recipe = recipeOf(card);
  const places = { dataDir: process.env['ASC_DATA_DIR'] };
  const open = async (): Promise<SceneDataset> => {
    if (given.dataset !== undefined) return openDataset(await findDataset(given.dataset, places));
    if (recipe !== undefined) return openRecipeDataset(recipe.dataset, places);
    throw new UsageError({ what: 'No dataset was given, and the model does not name one.', expected: '--dataset DIR' });
  };
  const dataset = await open();
  return {
    dataset: recipe === undefined ? dataset : datasetFor(recipe, dataset),
    fold: given.fold ?? recipe?.dataset.fold ?? 1,
    crops: given.crops ?? recipe?.evaluate.crops ?? 1,
  };
}
