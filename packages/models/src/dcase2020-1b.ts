/**
 * dcase2020-1b: the baseline of DCASE 2020 Task 1B (low complexity), as its published summary prints it.
 *
 * Source: Heittola, toni-heittola/dcase2020_task1_baseline: README (network summary) and task1b.yaml.
 *
 * Read: 7×7 convolutions to 32 and 64 channels with bias, pools 5×5 and 4×100, dense 100, dropout 30 %; the printed summary:
 * 116,118 numbers in all, 116,022 learnt, ten outputs, batch norms of 160 = 4·40 and 32 = 4·8 numbers. Those are batch norms
 * over the bands, not the channels, and that is what is built here. Exact: both counts.
 * The configuration file beside it differs: norms over the channels, and the task has 3 classes (abstract scenes); its 450.1 KB
 * are the 115,219 weights and biases of that network in float32, without norms.
 * Ours: logits in place of the softmax; PyTorch's initial weights in place of Keras'.
 */
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { flatHead, kerasNorm, poolAndDrop, relu, wideConv } from './dcase-cnn.js';
import type { ModelPreset, SceneModel, SceneModelConfig } from './scene-model.js';
import { singleTask } from './single-task.js';

const WIDTH = 32;

/** Batch norm with one mean, variance, γ and β per band: (B, F, T, C) → same. */
function bandNorm(x: SymbolicTensor, name: string): SymbolicTensor {
  const swap = (y: SymbolicTensor, step: string): SymbolicTensor =>
    layers.permute({ name: `${name}_${step}`, dims: [3, 2, 1] }).apply(y) as SymbolicTensor;
  return swap(kerasNorm(swap(x, 'bands_last'), name), 'channels_last');
}

/** Convolution, band norm, ReLU, pool, dropout. */
function stage(
  x: SymbolicTensor,
  name: string,
  filters: number,
  poolSize: readonly [number, number],
  seed: number,
): SymbolicTensor {
  return poolAndDrop(relu(bandNorm(wideConv(x, name, filters, seed), name), name), name, poolSize);
}

/** Builds the network. (B, F, T, C) → logits (B, Y). @throws UsageError for an abstract branch or too small a map. */
export function dcase2020Task1b(config: SceneModelConfig): SceneModel {
  const { seed, classes, width = WIDTH } = config;
  return singleTask('dcase2020-1b', config, (features) => {
    const first = stage(features, 'conv1', width, [5, 5], seed);
    return flatHead(stage(first, 'conv2', 2 * width, [4, 100], seed), classes, seed);
  });
}

/** As published: 116,118 stored numbers, 10 s as 40 × 500 × 1. */
export const DCASE_2020_1B: ModelPreset = {
  name: 'dcase2020-1b',
  paper: 'Heittola et al. 2020, DCASE 2020 Task 1B baseline',
  config: { seed: 0, classes: 10, abstractClasses: 0, bands: 40, frames: 500, channels: 1, width: WIDTH },
  clipSamples: 480_000,
  frontEnd: 'dcase2020-1b',
  published: [
    {
      what: 'stored numbers',
      value: 116_118,
      match: 'exact',
      note: "Keras' total, running statistics included; the summary printed in the repository",
    },
    { what: 'parameters', value: 116_022, match: 'exact', note: 'learnt, from the same summary' },
  ],
  build: dcase2020Task1b,
};
