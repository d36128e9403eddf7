import { UsageError } from '@asc/core';
import { recipeHash, type Recipe } from '@asc/train';

/** The word between two groups. */
const VERSUS = 'vs';

/** Paths as they were given: in groups where `vs` parts them. */
export function splitAtVersus(words: readonly string[]): {
  readonly paths: readonly string[];
  readonly groups?: number[][];
} {
  const paths = words.filter((word) => word !== VERSUS);
  if (paths.length < 2) {
    throw new UsageError({
      what: 'There is nothing to compare with.',
      expected: 'at least two runs or prediction files',
      received: paths.join(', ') || 'none',
    });
  }
  if (paths.length === words.length) return { paths };
  const groups: number[][] = [[]];
  let at = 0;
  for (const word of words) {
    if (word === VERSUS) groups.push([]);
    else groups.at(-1)?.push(at++);
  }
  if (groups.every((group) => group.length > 0)) return { paths, groups };
  throw new UsageError({
    what: 'One side of "vs" is empty.',
    expected: 'runs or prediction files on both sides',
    received: words.join(' '),
  });
}

/**
 * Which contestants are one model: runs whose recipes differ in name, seed, fold and place of the dataset alone. A prediction
 * file stands for itself. Groups and members are in the order given.
 */
export function groupByRecipe(recipes: readonly (Recipe | undefined)[]): number[][] {
  const groups = new Map<string, number[]>();
  recipes.forEach((recipe, i) => {
    const key = recipe === undefined ? `file ${i}` : modelKey(recipe);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  return [...groups.values()];
}

function modelKey(recipe: Recipe): string {
  return recipeHash({ ...recipe, seed: 0, dataset: { ...recipe.dataset, fold: 1 } });
}
