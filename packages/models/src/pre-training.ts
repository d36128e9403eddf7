import type { LayersModel } from '@tensorflow/tfjs-layers';
import { createModel } from './create-model.js';
import type { SceneModel, SceneModelConfig } from './scene-model.js';

/** Two networks alike but for their output layer, and the passage from the first to the second. */
export interface PreTraining {
  /** Learns the abstract classes first: (B, F, T, C) → logits (B, A), its output named `scene` like any other. */
  readonly abstract: SceneModel;
  /** Learns the scenes then: (B, F, T, C) → logits (B, Y). */
  readonly scene: SceneModel;
  /** Copies every weight of `abstract` but the output layer's into `scene`, running statistics included. */
  readonly transfer: () => void;
}

/**
 * Pre-training over abstract classes: a network of one task built twice, for `abstractClasses` and for `config.classes`.
 *
 * Source: Shim et al. (2022) name it without details; that the output layer alone is swapped is our reading.
 *
 * @throws UsageError as `createModel` does, and for networks with an abstract branch of their own.
 */
export function preTraining(
  name: string,
  abstractClasses: number,
  config: Partial<SceneModelConfig> = {},
): PreTraining {
  const abstract = createModel(name, { ...config, abstractClasses: 0, classes: abstractClasses });
  const scene = createModel(name, { ...config, abstractClasses: 0 });
  return { abstract, scene, transfer: () => copyTrunk(abstract.deployed, scene.deployed) };
}

function copyTrunk(from: LayersModel, to: LayersModel): void {
  const output = `${from.layers.at(-1)!.name}/`;
  const values = new Map(from.weights.map((weight) => [weight.originalName, weight.read()]));
  for (const weight of to.weights) {
    if (!weight.originalName.startsWith(output)) weight.write(values.get(weight.originalName)!);
  }
}
