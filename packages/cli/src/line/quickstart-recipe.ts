import { parseRecipe, type Recipe } from '@asc/train';

/** Size of the dataset the quickstart makes: 600 recordings of 2 s, 510 of them to train on. */
export const QUICKSTART_DATASET = { clipsPerScene: 60, clipSeconds: 2, seed: 0 } as const;

/** A small cousin of the shipped recipes: the same network and task on coarser, shorter feature maps. */
export function quickstartRecipe(root: string): Recipe {
  return parseRecipe({
    name: 'quickstart',
    seed: 0,
    dataset: { kind: 'synthetic', root },
    features: { preset: 'amfm-small', overrides: { bands: 40 } },
    clip: { seconds: QUICKSTART_DATASET.clipSeconds },
    augment: { timeRoll: true, mixup: { alpha: 0.2 } },
    model: { preset: 'amfm-small' },
    task: { kind: 'extended-mtl' },
    optimiser: { kind: 'adam', learningRate: 2e-3 },
    batchSize: 24,
    epochs: 20,
  });
}
