import { labelSpace } from '@asc/core';
import { parseRecipe } from '@asc/train';
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { recipeCard, recipeModel } from './line/prepare-model.js';

const quickstart = JSON.parse(
  readFileSync(new URL('../../../recipes/synthetic/quickstart.json', import.meta.url), 'utf8'),
) as object;

test('a recipe for a network that reads embeddings as well is refused before the network is built', () => {
  const recipe = parseRecipe({ ...quickstart, model: { preset: 'zhang2019-cmam' }, task: { kind: 'classification' } });
  expect(() => recipeModel(recipe, recipeCard(recipe, labelSpace(['bus', 'park'])))).toThrow('reads embeddings beside');
});
