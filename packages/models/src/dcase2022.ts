/**
 * dcase2021, dcase2022: the baselines of DCASE 2021 Task 1A and DCASE 2022 Task 1, one network for 10 s and for 1 s of sound.
 *
 * Sources: Martín-Morató, Heittola, Mesaros, Virtanen; marmoi/dcase2021_task1a_baseline (task1a.yaml) and
 * marmoi/dcase2022_task1_baseline (task1.yaml, README).
 *
 * Read: 7×7 convolutions to 16, 16 and 32 channels with bias, each with batch norm and ReLU, pools 5×5 after the second and
 * 4×100 (2021) or 4×10 (2022) after the third, dense 100, dropout 30 %, ten outputs. Exact: 46,246 numbers in all, as Keras
 * counts, 46,118 of them learnt; 46,512 bytes with batch norms folded, int8 weights
 * and int32 biases, and 29,234,920 MACs by NeSsi.
 * Ours: logits in place of the softmax; PyTorch's initial weights in place of Keras'.
 */
import { flatHead, kerasNorm, poolAndDrop, relu, wideConv } from './dcase-cnn.js';
import type { ModelPreset, PublishedFigure, SceneModel, SceneModelConfig } from './scene-model.js';
import { singleTask } from './single-task.js';

const WIDTH = 16;

/** (B, F, T, C) → logits (B, Y), the last pool `lastPool` frames long. */
function baseline(name: string, config: SceneModelConfig, lastPool: number): SceneModel {
  const { seed, classes, width = WIDTH } = config;
  return singleTask(name, config, (features) => {
    let x = features;
    for (const [stage, filters] of [
      ['conv1', width],
      ['conv2', width],
      ['conv3', 2 * width],
    ] as const) {
      x = relu(kerasNorm(wideConv(x, stage, filters, seed), stage), stage);
      if (stage === 'conv2') x = poolAndDrop(x, stage, [5, 5]);
      if (stage === 'conv3') x = poolAndDrop(x, stage, [4, lastPool]);
    }
    return flatHead(x, classes, seed);
  });
}

/** Builds the 2021 network. (B, F, T, C) → scene logits (B, Y). @throws UsageError for an abstract branch or too small a map. */
export function dcase2021(config: SceneModelConfig): SceneModel {
  return baseline('dcase2021', config, 100);
}

/** Builds the 2022 network. (B, F, T, C) → scene logits (B, Y). @throws UsageError for an abstract branch or too small a map. */
export function dcase2022(config: SceneModelConfig): SceneModel {
  return baseline('dcase2022', config, 10);
}

const COUNTS: readonly PublishedFigure[] = [
  { what: 'stored numbers', value: 46_246, match: 'exact', note: "Keras' total, running statistics included" },
  { what: 'parameters', value: 46_118, match: 'exact', note: 'learnt: the same less 128 running statistics' },
];

/** For 10 s, 40 × 500 × 1: 46,246 stored numbers. */
export const DCASE_2021: ModelPreset = {
  name: 'dcase2021',
  paper: 'Martín-Morató et al. 2021, DCASE 2021 Task 1A baseline',
  config: { seed: 0, classes: 10, abstractClasses: 0, bands: 40, frames: 500, channels: 1, width: WIDTH },
  clipSamples: 441_000,
  frontEnd: 'dcase2022',
  published: COUNTS,
  build: dcase2021,
};

/** For 1 s, 40 × 51 × 1: 46,246 stored numbers. */
export const DCASE_2022: ModelPreset = {
  name: 'dcase2022',
  paper: 'Martín-Morató et al. 2022, DCASE 2022 Task 1 baseline',
  config: { seed: 0, classes: 10, abstractClasses: 0, bands: 40, frames: 51, channels: 1, width: WIDTH },
  clipSamples: 44_100,
  frontEnd: 'dcase2022',
  published: [
    ...COUNTS,
    { what: 'bytes of TFLite', value: 46_512, match: 'exact', note: 'int8 weights, int32 biases, batch norms folded' },
    { what: 'MACs of TFLite for 1 s', value: 29_234_920, match: 'exact', note: 'by NeSsi, from the README' },
  ],
  build: dcase2022,
};
