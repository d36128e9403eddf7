/**
 * dcase2024: the baseline of DCASE 2024 and 2025 Task 1, a CP-Mobile without global response normalisation.
 *
 * Source: CPJKU/dcase2024_task1_baseline, after Schmid, Morocutti, Masoudian, Koutini, Widmer, "Distilling the knowledge of
 * transformers and CNNs with CP-Mobile" (DCASE Workshop 2023).
 *
 * Read: base 32 channels, multiplier 1.8, expansion 2.1, blocks 3/2/1, strides b3 (1, 2) and b4 (2, 1), layer table,
 * 61,148 parameters, 29,419,156 MACs at 256×65×1, Kaiming-normal fan-out weights. Channels round to multiples of 8, never
 * down by more than 10 %. Nothing is inferred: every row of the published table is met.
 */
import { cpMobileNetwork } from './cp-mobile-network.js';
import { cpMobilePytorchModules } from './cp-mobile-pytorch-modules.js';
import type { ModelPreset, SceneModel, SceneModelConfig } from './scene-model.js';
import { pytorchNames } from './weight-names.js';

/** Builds the network. (B, F, T, C) → scene logits (B, Y). @throws UsageError when asked for an abstract branch. */
export function dcase2024(config: SceneModelConfig): SceneModel {
  return cpMobileNetwork(config, {
    name: 'dcase2024',
    multiplier: 1.8,
    expansion: 2.1,
    strides: { b3: [1, 2], b4: [2, 1] },
  });
}

/** As published: 61,148 parameters, 1 s as 256 × 65 × 1. */
export const DCASE_2024: ModelPreset = {
  name: 'dcase2024',
  paper: 'Schmid et al. 2024, DCASE 2024 Task 1 baseline (CP-Mobile without GRN)',
  config: { seed: 0, classes: 10, abstractClasses: 0, bands: 256, frames: 65, channels: 1 },
  clipSamples: 32_000,
  frontEnd: 'dcase2024',
  published: [
    { what: 'parameters', value: 61_148, match: 'exact', note: 'per layer, from the baseline repository' },
    { what: 'MACs of 1 s', value: 29_419_156, match: 'exact', note: 'per layer, from the baseline repository' },
  ],
  pytorchNames: (model) => pytorchNames(model, cpMobilePytorchModules()),
  build: dcase2024,
};
