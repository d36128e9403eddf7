import { createRng, labelSpace, type FeatureMap, type LabelSpace, type Rng } from '@asc/core';
import { BatchNorm, Conv2D, Dense, Dropout, MaxFeatureMap } from '@asc/layers';
import { input, layers, model, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { parseRecipe } from './parse-recipe.js';
import type { EvaluationClip } from './predict-clips.js';
import type { Recipe } from './recipe-schema.js';
import type { TrainingExample } from './batch-source.js';

export const BANDS = 8;
export const FRAMES = 6;

/** Four scenes of two abstract classes; a scene lifts one pair of bands above the noise. */
export const TINY_LABELS: LabelSpace = labelSpace(['bus', 'park', 'square', 'tram'], {
  abstract: { outdoor: ['park', 'square'], transportation: ['bus', 'tram'] },
});

export function tinyMap(scene: number, rng: Rng, lift = 1.5): FeatureMap {
  const data = rng.fillNormal(new Float32Array(BANDS * FRAMES));
  for (let f = 2 * scene; f < 2 * scene + 2; f++) {
    for (let t = 0; t < FRAMES; t++) data[f * FRAMES + t] = (data[f * FRAMES + t] ?? 0) + lift;
  }
  return { data, bands: BANDS, frames: FRAMES, channels: 1 };
}

export function tinyExamples(count: number, seed: string): TrainingExample[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, (_, i) => {
    const scene = i % TINY_LABELS.scenes.length;
    return { map: tinyMap(scene, rng.split(i)), scene: TINY_LABELS.scenes[scene] as string };
  });
}

export function tinyClips(count: number, seed: string, crops = 1): EvaluationClip[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, (_, i) => ({
    id: `clip-${i}`,
    scene: TINY_LABELS.scenes[i % TINY_LABELS.scenes.length],
    device: i % 2 === 0 ? 'a' : 's1',
    crops: Array.from({ length: crops }, (__, k) => tinyMap(i % TINY_LABELS.scenes.length, rng.split(i, k))),
  }));
}

/** Convolution, max feature map, batch norm, dropout; scene logits and, with `abstract`, abstract logits. */
export function tinyModel(
  options: { abstract?: boolean; seed?: number; dropout?: number; scenes?: number } = {},
): LayersModel {
  const { abstract = false, seed = 1, dropout = 0, scenes = 4 } = options;
  const maps = input({ shape: [BANDS, FRAMES, 1], name: 'maps' });
  const run = (x: SymbolicTensor, layer: layers.Layer) => layer.apply(x) as SymbolicTensor;
  let x = run(maps, new Conv2D({ name: 'conv', filters: 8, kernelSize: [3, 3], padding: [1, 1, 1, 1], seed }));
  // In the papers' order. Batch norm right after the convolution would cancel its bias: a gradient of pure rounding noise,
  // which Adam makes as large as any other.
  x = run(x, new MaxFeatureMap({ name: 'max' }));
  x = run(x, new BatchNorm({ name: 'norm' }));
  if (dropout > 0) x = run(x, new Dropout({ name: 'drop', rate: dropout }));
  x = run(x, layers.flatten({ name: 'flat' }));
  const scene = run(x, new Dense({ name: 'scene', units: scenes, seed }));
  const outputs = abstract ? [scene, run(x, new Dense({ name: 'abstract', units: 2, seed }))] : [scene];
  return model({ inputs: maps, outputs, name: 'tiny' });
}

export function tinyRecipe(changes: Readonly<Record<string, unknown>> = {}): Recipe {
  return parseRecipe({
    name: 'tiny',
    seed: 3,
    dataset: { kind: 'synthetic' },
    features: { preset: 'none' },
    clip: { seconds: 1 },
    model: { preset: 'tiny' },
    optimiser: { kind: 'adam', learningRate: 0.01 },
    batchSize: 8,
    epochs: 2,
    ...changes,
  });
}
