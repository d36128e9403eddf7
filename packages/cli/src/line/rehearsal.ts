import { UsageError } from '@asc/core';
import { generateRehearsal, REHEARSAL_SETS } from '@asc/data';
import { readRun, smokeRecipe, type Recipe } from '@asc/train';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where rehearsals keep their clips. */
const REHEARSAL_DATA = join('runs', 'smoke', 'data');

/**
 * The rehearsal of a recipe, its synthetic clips generated below `folder` in the layout of the recipe's set.
 *
 * @throws UsageError where the recipe is of a set of one's own: the set itself is the rehearsal.
 */
export async function rehearsal(recipe: Recipe, folder = REHEARSAL_DATA): Promise<Recipe> {
  const { kind } = recipe.dataset;
  const set = REHEARSAL_SETS.find((name) => name === kind);
  if (set === undefined) {
    throw new UsageError({
      what: `A recipe for the dataset kind "${kind}" has no rehearsal.`,
      expected: `one of the published sets ${REHEARSAL_SETS.join(', ')}`,
      hint: 'Shorten it by hand: --set epochs=1 --set batchSize=4.',
    });
  }
  const clipSeconds = Math.min(recipe.clip.seconds, recipe.smoke.clipSeconds);
  const out = join(folder, `${set}-${clipSeconds}s`);
  return smokeRecipe(recipe, await generateRehearsal({ set, out, clipSeconds }));
}

/**
 * Removes an earlier rehearsal of the same recipe: each starts afresh. Anything else in `out` stays, and is refused later; so does
 * a rehearsal that another process is at.
 */
export async function clearRehearsal(out: string, recipe: Recipe): Promise<void> {
  const earlier = await readRun(out).catch(() => undefined);
  if (earlier?.recipe.name === recipe.name && earlier.status?.state !== 'running') await rm(out, { recursive: true });
}
