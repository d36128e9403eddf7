import { describe, expect, test } from '@jest/globals';
import { parseRecipe } from './parse-recipe.js';
import { recipeHash } from './recipe-hash.js';
import { smokeRecipe } from './smoke-recipe.js';

const RECIPE = parseRecipe({
  name: 'paper/row',
  dataset: { kind: 'tau2020-mobile' },
  features: { preset: 'shim2022' },
  clip: { seconds: 5 },
  model: { preset: 'shim2022' },
  init: { from: 'runs/paper/before' },
  augment: { codec: { kind: 'ffmpeg', probability: 0.5 }, timeMask: { count: 1, maxWidth: 100 } },
  averaging: { kind: 'swa', lastEpochs: 20 },
  pruning: { sparsity: 0.5, fromEpoch: 100, toEpoch: 400 },
  epochs: 800,
  batchSize: 24,
  evaluate: { crops: 3, tta: { passes: 30 } },
  smoke: { modelOptions: { width: 4 }, featureOverrides: { bands: 64 } },
});

describe('the rehearsal of a recipe', () => {
  const rehearsed = smokeRecipe(RECIPE, 'somewhere');

  test('is short and small, and keeps every part', () => {
    expect(rehearsed).toMatchObject({
      name: 'smoke/paper/row',
      dataset: { kind: 'tau2020-mobile', root: 'somewhere' },
      clip: { seconds: 1 },
      features: { preset: 'shim2022', overrides: { bands: 64 } },
      model: { preset: 'shim2022', options: { width: 4 } },
      augment: { codec: { kind: 'simulated-mp3', probability: 0.5 }, timeMask: { count: 1, maxWidth: 20 } },
      averaging: { kind: 'swa', lastEpochs: 2 },
      pruning: { sparsity: 0.5, scope: 'global', fromEpoch: 0, toEpoch: 1 },
      epochs: 2,
      batchSize: 4,
      evaluate: { crops: 2, tta: { passes: 2 } },
    });
  });

  test('looks for earlier runs among the rehearsed ones', () => {
    expect(rehearsed.init).toEqual({ from: 'runs/smoke/paper/before' });
    expect(smokeRecipe(rehearsed, 'somewhere').init).toEqual(rehearsed.init);
  });

  test('is another run than the recipe, whose hash does not count what its rehearsal shortens', () => {
    expect(recipeHash(rehearsed)).not.toBe(recipeHash(RECIPE));
    expect(recipeHash(parseRecipe({ ...RECIPE, smoke: {} }))).toBe(recipeHash(RECIPE));
  });
});
