/**
 * vggish: the embedding network of AudioSet, and the same with a head for the 527 sound events.
 *
 * Paper: Hershey et al., "CNN architectures for large-scale audio classification" (ICASSP 2017). Source: tensorflow/models,
 * research/audioset/vggish.
 *
 * Read (exact): input of 64 bands and 96 frames; 3×3 convolutions 64, 128, 256×2, 512×2, biased, ReLU, a 2×2 pool after each
 * width; flattened as frames × bands × channels; dense 4096, 4096 with ReLU and 128 without; 72,141,184 parameters.
 * Inferred: the head of `vggish-aed` is ReLU and one dense layer, as in the source's training example; outputs are logits of
 * independent events (sigmoid). Initial weights are PyTorch's laws, where the source draws N(0, 0.01²) truncated.
 */
import { checkPositiveInteger, UsageError } from '@asc/core';
import { Conv2D, Dense, MaxPool2D } from '@asc/layers';
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { ModelPreset, SceneModel, SceneModelConfig } from './scene-model.js';

/** Convolutions between pools by name, in multiples of the width. */
const CONVOLUTIONS = [
  [['conv1', 1]],
  [['conv2', 2]],
  [
    ['conv3_1', 4],
    ['conv3_2', 4],
  ],
  [
    ['conv4_1', 8],
    ['conv4_2', 8],
  ],
] as const;
/** Units of the first two dense layers, in multiples of the width. */
const DENSE = 64;

function relu(x: SymbolicTensor, name: string): SymbolicTensor {
  return layers.reLU({ name: `${name}_relu` }).apply(x) as SymbolicTensor;
}

/** (B, F, T, C) → embedding (B, units), before any activation. */
function embed(features: SymbolicTensor, width: number, units: number, seed: number): SymbolicTensor {
  let x = features;
  for (const [i, group] of CONVOLUTIONS.entries()) {
    for (const [name, multiple] of group) {
      const filters = multiple * width;
      x = relu(new Conv2D({ name, filters, kernelSize: 3, padding: [1, 1, 1, 1], seed }).apply(x), name);
    }
    x = new MaxPool2D({ name: `pool${i + 1}`, poolSize: 2, ceilMode: true }).apply(x);
  }
  // The source's maps are (T, F, C), and its first dense layer reads them in that order.
  const turned = layers.permute({ name: 'time_first', dims: [2, 1, 3] }).apply(x);
  let y = layers.flatten({ name: 'flatten' }).apply(turned) as SymbolicTensor;
  for (const name of ['fc1_1', 'fc1_2']) y = relu(new Dense({ name, units: DENSE * width, seed }).apply(y), name);
  return new Dense({ name: 'fc2', units, seed }).apply(y);
}

/** A network of one input and one output from what `make` puts behind the input. */
function assemble(
  name: string,
  config: SceneModelConfig,
  output: string,
  make: (features: SymbolicTensor, width: number) => SymbolicTensor,
): SceneModel {
  const { abstractClasses, bands, frames, channels } = config;
  if (abstractClasses > 0) {
    throw new UsageError({
      what: `Model "${name}" has no abstract branch.`,
      expected: 'abstractClasses 0',
      received: `${abstractClasses}`,
    });
  }
  const features = input({ shape: [bands, frames, channels], name: 'features' });
  const outputs = make(features, checkPositiveInteger('width', config.width));
  return {
    name,
    config,
    training: model({ name, inputs: features, outputs: [outputs] }),
    deployed: model({ name: `${name}-deployed`, inputs: features, outputs }),
    outputs: [output],
  };
}

/** (B, F, T, C) → embeddings (B, Y), pre-activation: its "classes" are the numbers of the embedding. */
export function vggish(config: SceneModelConfig): SceneModel {
  const { classes, seed } = config;
  return assemble('vggish', config, 'embedding', (features, width) => embed(features, width, classes, seed));
}

/** (B, F, T, C) → logits (B, Y) of sound events. */
export function vggishAed(config: SceneModelConfig): SceneModel {
  const { classes, seed } = config;
  const size = checkPositiveInteger('embeddingSize', config.embeddingSize);
  return assemble('vggish-aed', config, 'events', (features, width) => {
    const embedding = relu(embed(features, width, size, seed), 'fc2');
    return new Dense({ name: 'events', units: classes, seed }).apply(embedding);
  });
}

const CONFIG: SceneModelConfig = {
  seed: 0,
  classes: 128,
  abstractClasses: 0,
  bands: 64,
  frames: 96,
  channels: 1,
  width: 64,
};
const COMMON = { paper: 'Hershey et al. 2017 (tensorflow/models, research/audioset/vggish)', clipSamples: 15_600 };

/** As published: 72,141,184 parameters, 0.96 s as 64 × 96 × 1 to 128 numbers. */
export const VGGISH: ModelPreset = {
  ...COMMON,
  name: 'vggish',
  config: CONFIG,
  frontEnd: 'vggish',
  published: [{ what: 'parameters', value: 72_141_184, match: 'exact', note: 'from the published code and weights' }],
  build: vggish,
};

/** The same with a head of 527 sound events. */
export const VGGISH_AED: ModelPreset = {
  ...COMMON,
  name: 'vggish-aed',
  config: { ...CONFIG, classes: 527, embeddingSize: 128 },
  frontEnd: 'vggish',
  published: [
    {
      what: 'parameters without the head',
      value: 72_141_184,
      match: 'inferred',
      note: 'the head of 527 events adds 67,983',
    },
  ],
  build: vggishAed,
};
