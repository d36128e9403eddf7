import { createHash } from 'node:crypto';
import type { Recipe } from './recipe-schema.js';

/**
 * What a recipe computes, as 64 hexadecimal digits: SHA-256 of its JSON with sorted keys. Its name and the place of the
 * dataset on this machine do not count.
 */
export function recipeHash(recipe: Recipe): string {
  const { name: _name, dataset, ...rest } = recipe;
  const { root: _root, ...computed } = dataset;
  return createHash('sha256')
    .update(canonicalJson({ ...rest, dataset: computed }))
    .digest('hex');
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) =>
    typeof held === 'object' && held !== null && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1)))
      : held,
  );
}
