import { createRng, type FeatureMap } from '@asc/core';
import { Dense } from '@asc/layers';
import '@tensorflow/tfjs-backend-cpu';
import { input, layers, model, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { expect, test } from '@jest/globals';
import { inMemoryBatches } from './batch-source.js';
import { fit } from './fit.js';
import { TINY_LABELS, tinyExamples, tinyRecipe } from './tiny-scenes.test.helper.js';

const SIZE = 3;

/** Reads maps and, beside them, embeddings (3, 1, 1) that give the scene away. */
function twoInputs(): LayersModel {
  const maps = input({ shape: [8, 6, 1], name: 'features' });
  const embeddings = input({ shape: [SIZE, 1, 1], name: 'embeddings' });
  const flat = (x: SymbolicTensor, name: string) => layers.flatten({ name }).apply(x) as SymbolicTensor;
  const joined = layers.concatenate({ name: 'both' }).apply([flat(maps, 'flat'), flat(embeddings, 'flat_e')]);
  const scene = new Dense({ name: 'scene', units: 4 }).apply(joined as SymbolicTensor);
  return model({ inputs: [maps, embeddings], outputs: scene, name: 'two' });
}

function telling(scene: string): FeatureMap {
  const at = TINY_LABELS.scenes.indexOf(scene);
  return { data: Float32Array.of(at & 1, at >> 1, 1), bands: SIZE, frames: 1, channels: 1 };
}

test('a network of two inputs gets both in training and validation, and refuses what does not fit', async () => {
  const recipe = tinyRecipe({
    epochs: 30,
    optimiser: { kind: 'adam', learningRate: 0.05 },
    augment: { mixup: { alpha: 0.2 } },
    averaging: { kind: 'swa', lastEpochs: 2 },
  });
  // Maps without a trace of the scene: only the embeddings tell.
  const silence: FeatureMap = { data: new Float32Array(48), bands: 8, frames: 6, channels: 1 };
  const examples = tinyExamples(24, 'train').map(({ scene }) => {
    return { map: silence, scene, further: { embeddings: telling(scene) } };
  });
  const run = async (given: typeof examples, beside: 'embeddings' | 'others' = 'embeddings') => {
    let accuracy = NaN;
    for await (const event of fit({
      recipe,
      model: twoInputs(),
      labels: TINY_LABELS,
      train: inMemoryBatches({ examples: given, labels: TINY_LABELS, batchSize: 8, dropLast: true, rng: createRng(1) }),
      validation: () =>
        TINY_LABELS.scenes.map((scene) => ({
          id: scene,
          scene,
          device: undefined,
          crops: [silence, silence],
          further: { [beside]: [telling(scene), telling(scene)] },
        })),
      threads: 1,
    })) {
      if (event.kind === 'validation') accuracy = event.validation.accuracy;
    }
    return accuracy;
  };
  expect(await run(examples)).toBe(1);
  await expect(run(examples, 'others')).rejects.toThrow('Window 0 of bus misses "embeddings"');
  const bare = examples.map(({ map, scene }) => ({ map, scene })) as typeof examples;
  await expect(run(bare)).rejects.toThrow(/misses the array "embeddings".*\nexpected x, embeddings, scene/);
  const wide = examples.map((each) => ({ ...each, further: { embeddings: each.map } }));
  await expect(run(wide)).rejects.toThrow(/embeddings of a training batch.*\nexpected \(8, 3, 1, 1\)/);
});
