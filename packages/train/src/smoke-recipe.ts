import { posix } from 'node:path';
import { parseRecipe } from './parse-recipe.js';
import type { Recipe } from './recipe-schema.js';

const BATCH = 4;
const EPOCHS = 2;
const MOST_CROPS = 2;

/** Folder of rehearsed runs, below the one a recipe's own runs lie in. */
const RUNS = 'runs/';
const REHEARSED = 'runs/smoke/';

/**
 * The rehearsal of a recipe: every part of it, but short and small, on another dataset. Two epochs in batches of four, at most
 * two crops or test-time copies, the clip length and the sizes of the network and front end that the recipe's `smoke` section
 * names. Earlier runs under `runs/` that it starts or learns from become those under `runs/smoke/`.
 *
 * @param root folder of the rehearsal's dataset, in the layout of the recipe's.
 */
export function smokeRecipe(recipe: Recipe, root: string): Recipe {
  const { smoke, averaging, evaluate, distillation, init } = recipe;
  return parseRecipe({
    ...recipe,
    name: posix.join('smoke', recipe.name),
    dataset: { ...recipe.dataset, root },
    clip: { ...recipe.clip, seconds: Math.min(recipe.clip.seconds, smoke.clipSeconds) },
    features: { ...recipe.features, overrides: { ...recipe.features.overrides, ...smoke.featureOverrides } },
    model: { ...recipe.model, options: { ...recipe.model.options, ...smoke.modelOptions } },
    ...(init === undefined ? {} : { init: { ...init, from: rehearsed(init.from) } }),
    ...(distillation?.kind === 'teachers'
      ? { distillation: { ...distillation, teachers: distillation.teachers.map(({ file }) => ({ file: rehearsed(file) })) } }
      : {}),
    averaging: averaging.kind === 'swa' ? { ...averaging, lastEpochs: Math.min(averaging.lastEpochs, EPOCHS) } : averaging,
    batchSize: Math.min(recipe.batchSize, BATCH),
    epochs: Math.min(recipe.epochs, EPOCHS),
    evaluate: {
      ...evaluate,
      crops: Math.min(evaluate.crops, MOST_CROPS),
      tta: { ...evaluate.tta, passes: Math.min(evaluate.tta.passes, MOST_CROPS) },
    },
  });
}

function rehearsed(path: string): string {
  return path.startsWith(RUNS) && !path.startsWith(REHEARSED) ? REHEARSED + path.slice(RUNS.length) : path;
}
