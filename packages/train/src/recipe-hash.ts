import { createHash } from 'node:crypto';
import type { DistillationConfig } from './recipe/distillation-schema.js';
import type { Recipe } from './recipe-schema.js';

/**
 * What a recipe computes, as 64 hexadecimal digits: SHA-256 of its JSON with sorted keys. Its name, the place of the
 * dataset on this machine, and that of a teacher's file whose content it names do not count, nor does
 * what its rehearsal shortens.
 */
export function recipeHash(recipe: Recipe): string {
  const { name: _name, smoke: _smoke, dataset, distillation, ...rest } = recipe;
  const { root: _root, ...computed } = dataset;
  return createHash('sha256')
    .update(canonicalJson({ ...rest, dataset: computed, distillation: distillation && placeless(distillation) }))
    .digest('hex');
}

function placeless(distillation: DistillationConfig): unknown {
  if (distillation.kind !== 'teachers') return distillation;
  const teachers = distillation.teachers.map(({ file, sha256 }) => sha256 ?? file);
  return { ...distillation, teachers };
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) =>
    typeof held === 'object' && held !== null && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1)))
      : held,
  );
}
