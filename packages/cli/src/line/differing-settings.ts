import type { Recipe } from '@asc/train';

/** A setting of recipes by its path, with the value of each: `undefined` where a recipe does not have it. */
export interface DifferingSetting {
  readonly path: string;
  readonly values: readonly unknown[];
}

/** The settings that are not the same in all recipes, in the order of the recipes' keys; names are no settings. */
export function differingSettings(recipes: readonly Recipe[]): DifferingSetting[] {
  const flat = recipes.map(({ name: _name, ...recipe }) => new Map(leaves(recipe)));
  const paths = [...new Set(flat.flatMap((settings) => [...settings.keys()]))];
  return paths
    .map((path) => ({ path, values: flat.map((settings) => settings.get(path)) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}

function leaves(value: object, above: readonly string[] = []): [string, unknown][] {
  return Object.entries(value).flatMap(([key, held]: [string, unknown]): [string, unknown][] => {
    const path = [...above, key];
    const isBranch = typeof held === 'object' && held !== null && !Array.isArray(held);
    return isBranch ? leaves(held, path) : [[path.join('.'), held]];
  });
}
