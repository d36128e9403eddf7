import { makeFolder, UsageError } from '@asc/core';
import { generateRehearsal, REHEARSAL_SETS, writeWav } from '@asc/data';
import { readRun, smokeRecipe, type Recipe } from '@asc/train';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Where rehearsals keep their clips. */
const REHEARSAL_DATA = join('runs', 'smoke', 'data');
/** Sets of one's own in the layout of a published one. */
const LAYOUTS: Readonly<Record<string, string>> = { tau: 'tau2020-mobile', synthetic: 'tau2020-mobile' };

/**
 * The rehearsal of a recipe, its synthetic clips generated below `folder` in the layout of the recipe's set, beside an impulse
 * response where it asks for some.
 *
 * @throws UsageError where the recipe is of a set in a layout of its own: the set itself is the rehearsal.
 */
export async function rehearsal(recipe: Recipe, folder = REHEARSAL_DATA): Promise<Recipe> {
  const { kind } = recipe.dataset;
  const set = REHEARSAL_SETS.find((name) => name === (LAYOUTS[kind] ?? kind));
  if (set === undefined) {
    throw new UsageError({
      what: `A recipe for the dataset kind "${kind}" has no rehearsal.`,
      expected: `one of the published sets ${REHEARSAL_SETS.join(', ')}, or a set in the layout of TAU`,
      hint: 'Shorten it by hand: --set epochs=1 --set batchSize=4.',
    });
  }
  const clipSeconds = Math.min(recipe.clip.seconds, recipe.smoke.clipSeconds);
  const out = join(folder, `${set}-${clipSeconds}s`);
  const smoke = smokeRecipe(recipe, await generateRehearsal({ set, out, clipSeconds }));
  const { impulseResponse } = smoke.augment;
  if (impulseResponse.probability === 0) return smoke;
  const root = await rehearsalResponse(join(folder, 'impulse-responses'));
  return { ...smoke, augment: { ...smoke.augment, impulseResponse: { ...impulseResponse, root } } };
}

/** A folder with one impulse response: a click and its echo. */
async function rehearsalResponse(folder: string): Promise<string> {
  const samples = new Float32Array(64);
  samples.set([0.9, 0.1]);
  samples[40] = 0.3;
  await makeFolder(folder);
  await writeWav(join(folder, 'echo.wav'), { samples, sampleRateHz: 44_100 });
  return resolve(folder);
}

/**
 * Removes an earlier rehearsal of the same recipe: each starts afresh. Anything else in `out` stays, and is refused later; so does
 * a rehearsal that another process is at.
 */
export async function clearRehearsal(out: string, recipe: Recipe): Promise<void> {
  const earlier = await readRun(out).catch(() => undefined);
  if (earlier?.recipe.name === recipe.name && earlier.status?.state !== 'running') await rm(out, { recursive: true });
}
