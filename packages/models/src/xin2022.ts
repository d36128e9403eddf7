/**
 * xin2022: SP4ASC with coordinate attention and mixture masking of hidden states.
 *
 * Paper: Xin et al., "Low-complexity CNNs for acoustic scene classification" (DCASE 2022 Task 1 technical report), which
 * extends valeoai/SP4ASC (Puy, Jain, Bursuc 2021).
 *
 * Read: SP4ASC's separable convolutions with two batch norms a block; coordinate attention before each pool; SpecAugment++
 * with mixture masks on input and hidden states; dropout 0.1 before and inside the perceptron; 75,562 numbers of one byte.
 * Inferred: 256 mel bands and the widths 64/128/128/128, with which the count is met; the order inside a block (1×1, norm,
 * depthwise pair, norm, ReLU, attention, pool), which the count does not depend on; the front end, SP4ASC's.
 * Unknown, chosen here: the masks, at most a quarter of the frames and an eighth of the bands, two stripes an axis on the
 * input and one after each block. The report states no MACs: at hop 1024 the network is over the 30 million of the rules,
 * so `xin2022-30mmac` reads every second frame (hop 2048), with weights of the same shapes.
 */
import { checkOneOf } from '@asc/core';
import {
  AveragePool2D,
  BatchNorm,
  CoordinateAttention,
  DilatedDepthwiseCross,
  FrequencyTimePool,
  HiddenStateMask,
  type MaskScheme,
} from '@asc/layers';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { ModelPreset, SceneModel, SceneModelConfig } from './scene-model.js';
import { singleTask } from './single-task.js';
import { bandNorm, classifier, mixChannels, SP4ASC_WIDTHS } from './sp4asc.js';

const DROPOUT = 0.1;
/** Mixture masking. */
const SCHEME = 'mix';
const INPUT_STRIPES = 2;
const HIDDEN_STRIPES = 1;

/** What masks a build puts where, by name of the layer and number of stripes. */
type Mask = (x: SymbolicTensor, name: string, stripes: number) => SymbolicTensor;

/** Masks in training, up to an eighth of the bands and a quarter of the frames: (B, F, T, C) → same. */
function maskBy(scheme: MaskScheme | 'none'): Mask {
  if (scheme === 'none') return (x) => x;
  return (x, name, stripes) => {
    const [, bands, frames] = x.shape as [null, number, number];
    const widths = { maxBands: Math.floor(bands / 8), maxFrames: Math.floor(frames / 4) };
    return new HiddenStateMask({ name, scheme, stripes, ...widths }).apply(x);
  };
}

interface BlockOptions {
  readonly seed: number;
  readonly mask: Mask;
}

/** (B, F, T, C) → (B, ⌊F/2⌋, ⌊T/2⌋, filters). */
function block(x: SymbolicTensor, name: string, filters: number, options: BlockOptions): SymbolicTensor {
  const { seed, mask } = options;
  const mixed = new BatchNorm({ name: `${name}_mix_norm` }).apply(mixChannels(x, name, filters, seed));
  const crossed = new DilatedDepthwiseCross({ name: `${name}_cross`, seed }).apply(mixed);
  const normed = new BatchNorm({ name: `${name}_norm` }).apply(crossed);
  const active = layers.reLU({ name: `${name}_relu` }).apply(normed) as SymbolicTensor;
  const attended = new CoordinateAttention({ name: `${name}_attention`, seed }).apply(active);
  const pooled = new AveragePool2D({ name: `${name}_pool`, poolSize: 2 }).apply(attended);
  return mask(pooled, `${name}_mask`, HIDDEN_STRIPES);
}

function build(name: string, config: SceneModelConfig, widths = SP4ASC_WIDTHS): SceneModel {
  const { seed, classes, hiddenMasks = SCHEME } = config;
  const mask = maskBy(checkOneOf('hiddenMasks', hiddenMasks, ['none', 'zero', 'mix', 'cut']));
  return singleTask(name, config, (features) => {
    let x = mask(bandNorm(features, 'band_norm'), 'mask', INPUT_STRIPES);
    for (const [i, filters] of widths.entries()) x = block(x, `block${i + 1}`, filters, { seed, mask });
    const embedding = new FrequencyTimePool({ name: 'pool' }).apply(x);
    return classifier(embedding, { rate: DROPOUT, classes, seed });
  });
}

/**
 * Builds the network. (B, F, T, C) → scene logits (B, Y).
 *
 * @param widths channels of the blocks; default the publication's.
 * @throws UsageError when asked for an abstract branch, or for masks there are none of.
 */
export function xin2022(config: SceneModelConfig, widths: readonly number[] = SP4ASC_WIDTHS): SceneModel {
  return build('xin2022', config, widths);
}

const PAPER = 'Xin et al. 2022 (DCASE 2022 Task 1), after Puy et al. 2021';
const CONFIG = { seed: 0, classes: 10, abstractClasses: 0, bands: 256, channels: 1, hiddenMasks: SCHEME } as const;

/** With the 44 frames of its ancestor’s hop: 75,562 parameters, 46 million MACs for 1 s. */
export const XIN_2022: ModelPreset = {
  name: 'xin2022',
  paper: PAPER,
  config: { ...CONFIG, frames: 44 },
  clipSamples: 44_100,
  frontEnd: 'xin2022',
  published: [
    {
      what: 'parameters',
      value: 75_562,
      match: 'exact',
      note: 'published as 75.562 KB at one byte each; the order of layers is inferred',
    },
  ],
  build: (config) => xin2022(config),
};

/** The same weights on every second frame, within 30 million MACs for 1 s. */
export const XIN_2022_30MMAC: ModelPreset = {
  ...XIN_2022,
  name: 'xin2022-30mmac',
  config: { ...CONFIG, frames: 22 },
  frontEnd: 'xin2022-30mmac',
  build: (config) => build('xin2022-30mmac', config),
};
