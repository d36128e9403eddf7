import { UsageError } from '@asc/core';
import { input, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { assembleSceneModel } from './assemble-scene-model.js';
import type { SceneModel, SceneModelConfig } from './scene-model.js';

/**
 * A network with one output, the scene: `build` turns features (B, F, T, C) into logits (B, Y).
 *
 * @throws UsageError when asked for an abstract branch.
 */
export function singleTask(
  name: string,
  config: SceneModelConfig,
  build: (features: SymbolicTensor) => SymbolicTensor,
): SceneModel {
  const { abstractClasses, bands, frames, channels } = config;
  if (abstractClasses > 0) {
    throw new UsageError({
      what: `Model "${name}" has no abstract branch.`,
      expected: 'abstractClasses 0',
      received: `${abstractClasses}`,
      hint: 'Use "amfm-small" for multi-task learning.',
    });
  }
  const features = input({ shape: [bands, frames, channels], name: 'features' });
  return assembleSceneModel(name, config, { features, scene: build(features) });
}
