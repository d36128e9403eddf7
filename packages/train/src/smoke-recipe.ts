import { posix } from 'node:path';
import { parseRecipe } from './parse-recipe.js';
import type { Recipe } from './recipe-schema.js';

const BATCH = 4;
const EPOCHS = 2;
const LAST = EPOCHS - 1;
const MOST_CROPS = 2;

/** Folder of rehearsed runs, below the one a recipe's own runs lie in. */
const RUNS = 'runs/';
const REHEARSED = 'runs/smoke/';

/**
 * The rehearsal of a recipe: every part of it, but short and small, on another dataset. Two epochs in batches of four, at most
 * two crops or test-time copies, the clip length and the sizes of the network and front end that the recipe's `smoke` section
 * names, time masks in proportion, an untrained VGGish in place of a trained one, ranges from four clips that move in the first epoch, simulated codecs in place of ffmpeg's. Earlier runs under `runs/` that it starts or learns from become those under `runs/smoke/`.
 *
 * @param root folder of the rehearsal's dataset, in the layout of the recipe's.
 */
export function smokeRecipe(recipe: Recipe, root: string): Recipe {
  const { smoke, averaging, augment, clip, evaluate, distillation, embeddings, init, pruning, quantization } = recipe;
  const seconds = Math.min(clip.seconds, smoke.clipSeconds);
  const shorten = <T extends { readonly maxWidth: number }>(mask: T): T => ({
    ...mask,
    maxWidth: Math.max(1, Math.floor((mask.maxWidth * seconds) / clip.seconds)),
  });
  return parseRecipe({
    ...recipe,
    name: posix.join('smoke', recipe.name),
    dataset: { ...recipe.dataset, root },
    clip: { ...clip, seconds },
    // A rehearsal needs no ffmpeg.
    augment: {
      ...augment,
      timeMask: shorten(augment.timeMask),
      codec: { kind: 'simulated-mp3', probability: augment.codec.probability },
    },
    features: { ...recipe.features, overrides: { ...recipe.features.overrides, ...smoke.featureOverrides } },
    model: { ...recipe.model, options: { ...recipe.model.options, ...smoke.modelOptions } },
    ...(init === undefined ? {} : { init: { ...init, from: rehearsed(init.from) } }),
    ...(embeddings === undefined
      ? {}
      : {
          embeddings: {
            ...embeddings,
            ...(embeddings.weights === undefined ? {} : { weights: 'untrained' }),
            ...smoke.embeddings,
          },
        }),
    ...(distillation?.kind === 'teachers'
      ? {
          distillation: {
            ...distillation,
            teachers: distillation.teachers.map(({ file }) => ({ file: rehearsed(file) })),
          },
        }
      : {}),
    ...(pruning === undefined
      ? {}
      : { pruning: { ...pruning, fromEpoch: 0, toEpoch: Math.min(pruning.toEpoch, LAST) } }),
    ...(quantization === undefined
      ? {}
      : {
          quantization: {
            ...quantization,
            calibrationClips: Math.min(quantization.calibrationClips, BATCH),
            freezeEpochs: Math.min(quantization.freezeEpochs, 1),
          },
        }),
    averaging:
      averaging.kind === 'swa' ? { ...averaging, lastEpochs: Math.min(averaging.lastEpochs, EPOCHS) } : averaging,
    batchSize: Math.min(recipe.batchSize, BATCH),
    // A last batch of one short clip may be too little for batch norm.
    dropLast: true,
    epochs: Math.min(recipe.epochs, EPOCHS),
    evaluate: {
      ...evaluate,
      crops: Math.min(evaluate.crops, MOST_CROPS),
      tta: {
        ...evaluate.tta,
        passes: Math.min(evaluate.tta.passes, MOST_CROPS),
        timeMask: shorten(evaluate.tta.timeMask),
      },
    },
  });
}

function rehearsed(path: string): string {
  return path.startsWith(RUNS) && !path.startsWith(REHEARSED) ? REHEARSED + path.slice(RUNS.length) : path;
}
