import { openRun, parseRecipe } from '@asc/train';
import { afterAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TINY_RECIPE } from '../asc.test.helper.js';
import { clearRehearsal } from './rehearsal.js';

const folder = await mkdtemp(join(tmpdir(), 'asc-rehearsal-'));
afterAll(() => rm(folder, { recursive: true }));

test('an earlier rehearsal makes room for the next; one under way, and a run of another name, do not', async () => {
  const recipe = parseRecipe({ ...TINY_RECIPE, name: 'smoke/tiny' });
  const out = join(folder, 'run');
  await clearRehearsal(out, recipe);
  const run = await openRun(out, { recipe });
  await clearRehearsal(out, recipe);
  expect(existsSync(run.paths.recipe)).toBe(true);
  await run.close();
  await clearRehearsal(out, { ...recipe, name: 'tiny' });
  expect(existsSync(run.paths.recipe)).toBe(true);
  await clearRehearsal(out, recipe);
  expect(existsSync(out)).toBe(false);
});
