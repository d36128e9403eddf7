import { UsageError } from '@asc/core';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { parseRecipe } from './parse-recipe.js';
import { recipeHash } from './recipe-hash.js';
import { setRecipeValues } from './set-recipe-values.js';
import { tinyRecipe } from './tiny-scenes.test.helper.js';

const MINIMAL = {
  name: 'r',
  dataset: { kind: 'tau' },
  features: { preset: 'amfm-small' },
  clip: { seconds: 5 },
  model: { preset: 'amfm-small' },
};

function refusal(json: unknown): string {
  try {
    parseRecipe(json);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  return 'accepted';
}

describe('parseRecipe', () => {
  test('fills in every default and survives a JSON round trip', () => {
    const recipe = parseRecipe(MINIMAL);
    expect(recipe.optimiser).toEqual({
      kind: 'adam',
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      clip: { kind: 'none' },
      accumulate: 1,
    });
    expect(recipe.task).toEqual({ kind: 'classification', classes: 'scene', labelSmoothing: 0, focalGamma: 0 });
    expect(recipe.cache).toEqual({ dtype: 'float32' });
    expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
    expect(parseRecipe({ ...MINIMAL, task: { kind: 'extended-mtl' } }).task).toMatchObject({ sceneWeight: 5 });
  });

  test('names an unknown key, its value and the nearest known one', () => {
    expect(refusal({ ...MINIMAL, optimiser: { kind: 'adam', learnigRate: 1 } })).toBe(
      'The recipe has an unknown key "optimiser.learnigRate".\n' +
        'expected keys among kind, learningRate, beta1, beta2, epsilon, weightDecay, clip, accumulate, ' +
        'received learnigRate: 1\n' +
        'Did you mean "optimiser.learningRate"?',
    );
    expect(refusal({ ...MINIMAL, augment: { mixup: { alhpa: 1 } } })).toContain('Did you mean "augment.mixup.alpha"?');
    expect(refusal({ ...MINIMAL, epocs: 1 })).toContain('Did you mean "epochs"?');
    expect(refusal(JSON.parse('{"__proto__": {"name": "x"}, "name": "y"}'))).not.toBe('accepted');
  });

  test.each([
    [{ ...MINIMAL, epochs: 0 }, '"epochs" in the recipe is not valid.\nexpected a number of at least 1, received 0'],
    [
      { ...MINIMAL, epochs: '3' },
      '"epochs" in the recipe is not valid.\nexpected a value of type number, received "3"',
    ],
    [{ ...MINIMAL, batchSize: 2.5 }, 'expected an integer, received 2.5'],
    [{ ...MINIMAL, seed: NaN }, 'received NaN'],
    [{ ...MINIMAL, clip: { seconds: Infinity } }, '"clip.seconds"'],
    [{ ...MINIMAL, clip: undefined }, '"clip" in the recipe is missing.'],
    [{ ...MINIMAL, name: '' }, 'expected a text that is not empty, received ""'],
    [
      { ...MINIMAL, task: { kind: 'extended-mlt' } },
      'expected one of classification, conventional-mtl, separated-classifier, sequential-mtl, extended-mtl, aed, received "extended-mlt"\nDid you mean "extended-mtl"?',
    ],
    [{ ...MINIMAL, engine: 'gpu' }, 'expected one of cpu, webgpu, cuda, eager, received "gpu"'],
    [
      { ...MINIMAL, optimiser: { kind: 'sgd', nesterov: true } },
      'expected false, or a momentum above 0, received true',
    ],
    [
      { ...MINIMAL, schedule: { kind: 'cosine', minLearningRate: 1 } },
      'expected at most optimiser.learningRate, received 1',
    ],
    [
      { ...MINIMAL, schedule: { kind: 'cosine-restarts', minLearningRate: 1 } },
      'expected at most optimiser.learningRate, received 1',
    ],
    [{ ...MINIMAL, schedule: { kind: 'noam' } }, '"schedule.modelSize" in the recipe is missing.'],
    [{ ...MINIMAL, schedule: { kind: 'constant', warmUp: { lenght: 1 } } }, 'Did you mean "schedule.warmUp.length"?'],
    [{ ...MINIMAL, optimiser: { kind: 'adamw', clip: { kind: 'norm' } } }, '"optimiser.clip.max" in the recipe is'],
    [{ ...MINIMAL, optimiser: { kind: 'adamw', clip: { kind: 'norm', max: 0 } } }, 'expected a number above 0'],
    [{ ...MINIMAL, optimiser: { kind: 'adam', accumulate: 0 } }, 'expected a number of at least 1'],
    [{ ...MINIMAL, model: { preset: 'm', options: { width: NaN } } }, '"model.options.width"'],
    [
      { ...MINIMAL, augment: { impulseResponse: { probability: 0.5 } } },
      'expected the folder of the impulse responses, where the probability is above 0, received nothing',
    ],
    [{ ...MINIMAL, cache: { dtype: 'float8' } }, 'expected one of float32, float16, received "float8"'],
    [{ ...MINIMAL, augment: { tempo: { factors: [] } } }, '"augment.tempo.factors"'],
    [{ ...MINIMAL, augment: { tempo: { factors: [1, 5] } } }, 'expected a number of at most 4, received 5'],
    [{ ...MINIMAL, augment: { binScaling: { alpha: 2 } } }, '"augment.binScaling.alpha"'],
    [[], 'The recipe is not valid.\nexpected a value of type object, received []'],
    [null, 'The recipe is not valid.'],
    ['{}', 'The recipe is not valid.'],
  ])('refuses %j', (json, message) => {
    expect(refusal(json)).toContain(message);
  });

  test('any JSON is a recipe or a UsageError', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(tinyRecipe())), fc.jsonValue()), (json) => {
        refusal(json);
        refusal({ ...MINIMAL, ...json });
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('the recipes that are shipped parse', () => {
    const root = new URL('../../../recipes/', import.meta.url);
    const files = readdirSync(root, { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.json'));
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const file of files) parseRecipe(JSON.parse(readFileSync(new URL(file, root), 'utf8')));
  });
});

describe('setRecipeValues', () => {
  const recipe = parseRecipe(MINIMAL);

  test('sets values of the right type by path and leaves the recipe given alone', () => {
    const before = JSON.stringify(recipe);
    const changed = setRecipeValues(recipe, [
      'optimiser.learningRate=1e-4',
      'name=2021',
      'dataset.root=/data/a=b',
      'augment.timeRoll=true',
      'features.overrides.bands=64',
      'epochs=2',
      'epochs = 3',
    ]);
    expect(changed).toMatchObject({ name: '2021', epochs: 3, dataset: { root: '/data/a=b' } });
    expect(changed.optimiser.learningRate).toBe(1e-4);
    expect(changed.features.overrides).toEqual({ bands: 64 });
    expect(JSON.stringify(recipe)).toBe(before);
  });

  test('a new kind brings its own defaults', () => {
    const changed = setRecipeValues(recipe, ['optimiser.kind=sgd', 'optimiser.momentum=.9']);
    expect(changed.optimiser).toEqual({
      kind: 'sgd',
      learningRate: 0.01,
      momentum: 0.9,
      nesterov: false,
      weightDecay: 0,
      clip: { kind: 'none' },
      accumulate: 1,
    });
  });

  test.each([
    ['epocs=3', 'Did you mean "epochs"?'],
    ['optimiser.lerningRate=3', 'Did you mean "optimiser.learningRate"?'],
    ['optimizer.learningRate=3', 'Did you mean "optimiser"?'],
    ['epochs=three', 'received "three"'],
    ['epochs', 'path=value'],
    ['=3', 'path=value'],
    ['a..b=3', 'path=value'],
    ['augment.tempo.probablity=1', 'Did you mean "augment.tempo.probability"?'],
    ['augment.tempo=1', '"augment.tempo"'],
    ['augment.impulseResponse.probability=1', 'the folder of the impulse responses'],
    ['augment.timeMask.each=epoch', 'expected one of batch, clip, received "epoch"'],
    ['epochs.more=3', 'to be a section of the recipe'],
    ['__proto__.polluted=1', 'unknown key'],
    ['constructor.prototype.polluted=1', 'unknown key'],
    ['optimiser=3', '"optimiser'],
  ])('refuses %s', (assignment, message) => {
    expect(() => setRecipeValues(recipe, [assignment])).toThrow(message);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

test('a recipe is known by what it computes', () => {
  const recipe = parseRecipe(MINIMAL);
  const { name, ...rest } = recipe;
  expect(recipeHash(parseRecipe({ ...rest, name: `${name}2`, dataset: { root: '/x', kind: 'tau' } }))).toBe(
    recipeHash(recipe),
  );
  expect(recipeHash(parseRecipe({ ...MINIMAL, cache: { dtype: 'float16' } }))).not.toBe(recipeHash(recipe));
  expect(recipeHash(parseRecipe({ ...MINIMAL, seed: 1 }))).not.toBe(recipeHash(recipe));
  expect(recipeHash(parseRecipe({ ...MINIMAL, dataset: { kind: 'tau', fold: 2 } }))).not.toBe(recipeHash(recipe));
});
