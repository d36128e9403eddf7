import { model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { SceneModel, SceneModelConfig } from './scene-model.js';

/** What a builder has made: the input, the scene logits and, where there is such a branch, the abstract logits. */
export interface SceneGraph {
  readonly features: SymbolicTensor;
  readonly scene: SymbolicTensor;
  readonly abstract?: SymbolicTensor | undefined;
}

/** A network from its graph: all outputs for training, the scene alone to deploy. */
export function assembleSceneModel(
  name: string,
  config: SceneModelConfig,
  { features, scene, abstract }: SceneGraph,
): SceneModel {
  const outputs = abstract === undefined ? [scene] : [scene, abstract];
  return {
    name,
    config,
    training: model({ name, inputs: features, outputs }),
    deployed: model({ name: `${name}-deployed`, inputs: features, outputs: scene }),
    outputs: abstract === undefined ? ['scene'] : ['scene', 'abstract'],
  };
}
