/**
 * amfm-small: the small attentive-max-feature-map network with extended multi-task learning.
 *
 * Papers: Heo, Jung, Shim, Lee, "Clova submission for the DCASE 2021 challenge: acoustic scene classification using light
 * architectures and device augmentation" (2021), after Shim, Jung, Kim, Yu, "Attentive max feature map and joint training
 * for acoustic scene classification" (ICASSP 2022, arXiv 2104.07213).
 *
 * Read: filters at most 32; global average pooling in place of the dense layer; the 3-class branch removed after training;
 * layer order, the (1, 7) padding of the 7×3 stem, biased convolutions and CBAM as in the 2022 authors' public code.
 * Inferred: widths 16-32-32-32-16, CBAM reduction 16, outer batch norms after groups 1 and 3 and the tails, one input
 * channel, 250 frames (5 s of sound; pre-emphasis takes one sample). The publication states 65,424 and 77,572 parameters;
 * this network has 64,593 and 76,249 (10 + 3 classes), and none by the conventions of the public code has both.
 *
 * The two `clova2021-amfm-small-count-…` are count-matched reconstructions, never the original: a search over widths, CBAM
 * reductions, stems, norms and heads found six networks with both numbers, and each departs from the public code twice
 * (CBAM reduction 1, heads without bias).
 */
import { attentiveMaxFeatureMap, Dense, GlobalAveragePool } from '@asc/layers';
import { input, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { assembleSceneModel } from './assemble-scene-model.js';
import { batchNorm, convGroup, halve } from './conv-group.js';
import { convUnit, MAX_FEATURE_MAP } from './conv-unit.js';
import type { ModelPreset, PublishedFigure, SceneModel, SceneModelConfig } from './scene-model.js';

/** What the publication leaves open. */
interface Variant {
  readonly name: string;
  readonly stem: {
    readonly filters: number;
    readonly kernelSize: [number, number];
    readonly padding: [number, number];
  };
  /** CBAM's. */
  readonly reduction: number;
  /** Groups with a batch norm behind them; the tails always have one. */
  readonly normed: readonly number[];
  readonly headBias: boolean;
}

const WIDTH = 32;
const TAIL = 16;

/** 1×1 and 3×3 MFM convolution, then max(x, CBAM(x)): (B, F, T, C) → (B, F, T, width). */
function group(x: SymbolicTensor, name: string, width: number, seed: number, { reduction }: Variant): SymbolicTensor {
  return convGroup(x, {
    name,
    width,
    seed,
    activation: MAX_FEATURE_MAP,
    attend: (y, config) => attentiveMaxFeatureMap(y, { ...config, reduction }),
  });
}

/** One task: AMFM group, BN, pool, global average, dense: (B, F, T, 32) → logits (B, Y). */
function head(x: SymbolicTensor, task: string, classes: number, seed: number, variant: Variant): SymbolicTensor {
  const attended = group(x, `${task}_group`, TAIL, seed, variant);
  const pooled = halve(batchNorm(attended, `${task}_norm`), `${task}_pool`);
  const embedding = new GlobalAveragePool({ name: `${task}_average` }).apply(pooled);
  return new Dense({ name: task, units: classes, useBias: variant.headBias, seed }).apply(embedding);
}

function build(variant: Variant, config: SceneModelConfig): SceneModel {
  const { seed, classes, abstractClasses, bands, frames, channels } = config;
  const features = input({ shape: [bands, frames, channels], name: 'features' });
  const { filters, kernelSize, padding } = variant.stem;
  const [alongF, alongT] = padding;
  const stem = convUnit(features, {
    name: 'stem',
    filters,
    kernelSize,
    padding: [alongF, alongF, alongT, alongT],
    seed,
    activation: MAX_FEATURE_MAP,
  });
  const norm = (x: SymbolicTensor, index: number): SymbolicTensor =>
    variant.normed.includes(index) ? batchNorm(x, `group${index}_norm`) : x;
  const group1 = group(halve(stem, 'stem_pool'), 'group1', WIDTH, seed, variant);
  const group2 = group(norm(halve(group1, 'group1_pool'), 1), 'group2', WIDTH, seed, variant);
  const group3 = group(norm(halve(group2, 'group2_pool'), 2), 'group3', WIDTH, seed, variant);
  const trunk = halve(norm(group3, 3), 'group3_pool');
  const scene = head(trunk, 'scene', classes, seed, variant);
  const abstract = abstractClasses > 0 ? head(trunk, 'abstract', abstractClasses, seed, variant) : undefined;
  return assembleSceneModel(variant.name, config, { features, scene, abstract });
}

/** Builds the network. (B, F, T, C) → scene logits (B, Y) and, in training, abstract logits. */
export function amfmSmall(config: SceneModelConfig): SceneModel {
  return build(SMALL, config);
}

/** A preset of what `variant` counts, beside the publication's figures. */
function preset(variant: Variant, reading: string, published: readonly PublishedFigure[]): ModelPreset {
  return {
    name: variant.name,
    paper: `Heo et al. 2021 (DCASE 2021 Task 1A), ${reading}`,
    config: { seed: 0, classes: 10, abstractClasses: 3, bands: 128, frames: 250, channels: 1 },
    clipSamples: 220_500,
    frontEnd: 'amfm-small',
    published,
    jointTraining: 'extended-mtl',
    build: (config) => build(variant, config),
  };
}

const DEPLOYED = { what: 'parameters, deployed', value: 65_424 } as const;
const TRAINED = { what: 'parameters, with the 3-class branch', value: 77_572 } as const;
const FAITHFUL: readonly PublishedFigure[] = [
  {
    ...DEPLOYED,
    match: 'inferred',
    note: 'ours has 64,593: built by the conventions of the public code of the 2022 paper',
  },
  { ...TRAINED, match: 'inferred', note: 'ours has 76,249' },
];
const AFTER_CODE = 'after Shim et al. 2022, arXiv 2104.07213';
const RECONSTRUCTED = 'a count-matched reconstruction';
const note = 'a count-matched reconstruction: the network is not known to be the original';
const MATCHED: readonly PublishedFigure[] = [
  { ...DEPLOYED, match: 'exact', note },
  { ...TRAINED, match: 'exact', note },
];

const SMALL: Variant = {
  name: 'amfm-small',
  stem: { filters: 16, kernelSize: [7, 3], padding: [1, 7] },
  reduction: 16,
  normed: [1, 3],
  headBias: true,
};
const COUNTED = { reduction: 1, headBias: false } as const;

/** By the conventions of the 2022 code: 64,593 parameters, 5 s as 128 × 250 × 1. */
export const AMFM_SMALL = preset(SMALL, AFTER_CODE, FAITHFUL);
/** The same network under the name of its paper. */
export const CLOVA_2021_AMFM_SMALL = preset({ ...SMALL, name: 'clova2021-amfm-small' }, AFTER_CODE, FAITHFUL);
/** Reading A: norms after every group, a 3×3 stem; 65,424 parameters, 77,572 with its branch. */
export const CLOVA_2021_AMFM_SMALL_COUNT_A = preset(
  {
    ...COUNTED,
    name: 'clova2021-amfm-small-count-a',
    stem: { filters: 8, kernelSize: [3, 3], padding: [1, 1] },
    normed: [1, 2, 3],
  },
  RECONSTRUCTED,
  MATCHED,
);
/** Reading B: norms after the tails alone, a 7×3 stem; 65,424 parameters, 77,572 with its branch. */
export const CLOVA_2021_AMFM_SMALL_COUNT_B = preset(
  {
    ...COUNTED,
    name: 'clova2021-amfm-small-count-b',
    stem: { filters: 8, kernelSize: [7, 3], padding: [1, 7] },
    normed: [],
  },
  RECONSTRUCTED,
  MATCHED,
);
