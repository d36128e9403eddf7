/**
 * zhang2019: a small CNN with attentive pooling (base), and three teachers that hear through VGGish embeddings as well.
 *
 * Paper: Zhang, Zou, Li, "Cross-task pre-training for on-device acoustic scene classification" (2019, arXiv 1910.09935). No
 * code is public.
 *
 * Read: 64 log-mel bands; encoders of 4 convolutions (64-128-256-512; JRM 7, to 1024-1024-2048), kernels 3, pools 2; pooling
 * with 4 heads and attention size 1024, then one dense layer; VFM reads embeddings in place of features; JRM joins what its
 * two branches give; CMAM: 12 layers of 8 heads and query size 2048, sinusoidal positions, each LayerNorm(dropout(attention)
 * + queries), first to itself and then to the encoder's features ("the same as above").
 * Inferred: one-dimensional convolutions over time with the bands as channels (the paper's "hundreds of thousands" and "tens
 * of millions" fit; the `-2d` presets are the other reading); embeddings of 128 into an inner size of 2048; JRM joins after
 * pooling; CMAM's encoder is the base's; 10 ms hop; one clip is 10 s: 1001 frames, 10 embeddings.
 * Unknown, chosen: biased convolutions with batch norm and ReLU; pools in ceil mode (ten embeddings do not survive floors);
 * pooling and attention without biases; dropout 0.1.
 */
import { checkPositiveInteger, UsageError } from '@asc/core';
import {
  AttentivePool,
  BatchNorm,
  Conv2D,
  Dense,
  Dropout,
  FlattenBands,
  LayerNorm,
  MaxPool2D,
  MultiHeadAttention,
  SinusoidalPositions,
} from '@asc/layers';
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { ModelPreset, PublishedFigure, SceneModel, SceneModelConfig } from './scene-model.js';

/** Channels in multiples of the width. */
const BASE_ENCODER = [1, 2, 4, 8];
const JRM_ENCODER = [1, 2, 4, 8, 16, 16, 32];
/** Hidden units of the pooling's scorer and inner size of the attention, in multiples of the width. */
const POOL_UNITS = 16;
const ATTENTION_SIZE = 32;
const POOL_HEADS = 4;
const ATTENTION_HEADS = 8;
const ATTENTION_LAYERS = 12;
const DROPOUT = 0.1;

/** How an encoder convolves: its window over (F, T), and how a map enters. */
interface Convolution {
  readonly suffix: '' | '-2d';
  readonly kernelSize: [number, number];
  readonly padding: [number, number, number, number];
  readonly poolSize: [number, number];
  readonly enter: (map: SymbolicTensor, name: string) => SymbolicTensor;
}

/** Over time, bands as channels: (B, F, T, C) enters as (B, 1, T, C·F). */
const ALONG_TIME: Convolution = {
  suffix: '',
  kernelSize: [1, 3],
  padding: [0, 0, 1, 1],
  poolSize: [1, 2],
  enter: (map, name) => {
    const sequence = new FlattenBands({ name: `${name}_bands` }).apply(map);
    const targetShape = [1, ...sequence.shape.slice(1)];
    return layers.reshape({ name: `${name}_sequence`, targetShape }).apply(sequence) as SymbolicTensor;
  },
};

const ALONG_BOTH: Convolution = {
  suffix: '-2d',
  kernelSize: [3, 3],
  padding: [1, 1, 1, 1],
  poolSize: [2, 2],
  enter: (map) => map,
};

interface Blocks {
  readonly convolution: Convolution;
  readonly width: number;
  readonly seed: number;
}

/** Convolution, BN, ReLU and halving, once per entry of `channels`: (B, F, T, C) → (B, T′, C′·F′). */
function encoder(
  map: SymbolicTensor,
  name: string,
  channels: readonly number[],
  { convolution, width, seed }: Blocks,
): SymbolicTensor {
  const { kernelSize, padding, poolSize } = convolution;
  let x = convolution.enter(map, name);
  for (const [i, multiple] of channels.entries()) {
    const block = `${name}_${i + 1}`;
    const filters = multiple * width;
    x = new Conv2D({ name: `${block}_conv`, filters, kernelSize, padding, seed }).apply(x);
    x = new BatchNorm({ name: `${block}_norm` }).apply(x);
    x = layers.reLU({ name: `${block}_relu` }).apply(x) as SymbolicTensor;
    x = new MaxPool2D({ name: `${block}_pool`, poolSize, ceilMode: true }).apply(x);
  }
  return new FlattenBands({ name: `${name}_flatten` }).apply(x);
}

function pool(sequence: SymbolicTensor, name: string, { width, seed }: Blocks): SymbolicTensor {
  return new AttentivePool({ name, heads: POOL_HEADS, units: POOL_UNITS * width, seed }).apply(sequence);
}

/** LayerNorm(dropout(attention from `queries` to `memory`) + queries): (B, T, C) → same. */
function attend(
  queries: SymbolicTensor,
  memory: SymbolicTensor | undefined,
  name: string,
  { width, seed }: Blocks,
): SymbolicTensor {
  const attention = new MultiHeadAttention({
    name,
    heads: ATTENTION_HEADS,
    innerSize: ATTENTION_SIZE * width,
    seed,
  });
  const inputs = memory === undefined ? queries : [queries, memory];
  const heard = new Dropout({ name: `${name}_dropout`, rate: DROPOUT }).apply(
    attention.apply(inputs) as SymbolicTensor,
  );
  const sum = layers.add({ name: `${name}_add` }).apply([heard, queries]) as SymbolicTensor;
  return new LayerNorm({ name: `${name}_norm` }).apply(sum);
}

/** From the maps a model reads to what its dense layer reads (B, D). */
type Trunk = (maps: { features: SymbolicTensor; embeddings: SymbolicTensor }, blocks: Blocks) => SymbolicTensor;

const base: Trunk = ({ features }, blocks) => pool(encoder(features, 'encoder', BASE_ENCODER, blocks), 'pool', blocks);

const jrm: Trunk = ({ features, embeddings }, blocks) => {
  const heard = pool(encoder(features, 'encoder', JRM_ENCODER, blocks), 'pool', blocks);
  const known = pool(encoder(embeddings, 'vggish_encoder', JRM_ENCODER, blocks), 'vggish_pool', blocks);
  return layers.concatenate({ name: 'joint' }).apply([heard, known]) as SymbolicTensor;
};

const cmam: Trunk = ({ features, embeddings }, blocks) => {
  const memory = encoder(features, 'encoder', BASE_ENCODER, blocks);
  const sequence = new FlattenBands({ name: 'vggish_sequence' }).apply(embeddings);
  let x = new SinusoidalPositions({ name: 'positions' }).apply(sequence);
  for (let i = 1; i <= ATTENTION_LAYERS; i++) {
    x = attend(attend(x, undefined, `layer${i}_self`, blocks), memory, `layer${i}_cross`, blocks);
  }
  return pool(x, 'pool', blocks);
};

/** What a variant is made of. */
interface Variant {
  readonly name: string;
  readonly trunk: Trunk;
  readonly convolution: Convolution;
}

/** Builds a network. (B, F, T, C), and perhaps embeddings (B, E, N, 1) → scene logits (B, Y). */
function build({ name, trunk, convolution }: Variant, config: SceneModelConfig): SceneModel {
  const { seed, classes, abstractClasses, bands, frames, channels } = config;
  if (abstractClasses > 0) {
    throw new UsageError({
      what: `Model "${name}" has no abstract branch.`,
      expected: 'abstractClasses 0',
      received: `${abstractClasses}`,
      hint: 'Use "amfm-small" for multi-task learning.',
    });
  }
  const blocks = { convolution, width: checkPositiveInteger('width', config.width), seed };
  const features = input({ shape: [bands, frames, channels], name: 'features' });
  const two = config.embeddings !== undefined;
  const embeddings = two
    ? input({
        shape: [
          checkPositiveInteger('embeddingSize', config.embeddingSize),
          checkPositiveInteger('embeddings', config.embeddings),
          1,
        ],
        name: 'embeddings',
      })
    : features;
  const scene = new Dense({ name: 'scene', units: classes, seed }).apply(trunk({ features, embeddings }, blocks));
  const inputs = two ? [features, embeddings] : features;
  return {
    name,
    config,
    training: model({ name, inputs, outputs: [scene] }),
    deployed: model({ name: `${name}-deployed`, inputs, outputs: scene }),
    ...(two && { inputs: ['features', 'embeddings'] }),
    outputs: ['scene'],
  };
}

const FEATURES: SceneModelConfig = {
  seed: 0,
  classes: 10,
  abstractClasses: 0,
  bands: 64,
  frames: 1001,
  channels: 1,
  width: 64,
};
/** 10 s of VGGish embeddings in place of features. */
const EMBEDDINGS: SceneModelConfig = { ...FEATURES, bands: 128, frames: 10 };
const BOTH: SceneModelConfig = { ...FEATURES, embeddingSize: 128, embeddings: 10 };

/** What the paper gives as an order of magnitude, and the count of each reading. */
function encoderFigure(value: number): PublishedFigure {
  const note = 'published as "hundreds of thousands"; the count of this reading';
  return { what: 'parameters, encoder', value, match: 'inferred', note };
}

function preset(
  kind: string,
  trunk: Trunk,
  config: SceneModelConfig,
  encoders: readonly [alongTime: number, alongBoth: number] | [] = [],
): readonly ModelPreset[] {
  return [ALONG_TIME, ALONG_BOTH].map((convolution, i) => {
    const name = `zhang2019${kind}${convolution.suffix}`;
    return {
      name,
      paper: 'Zhang, Zou, Li 2019, arXiv 1910.09935',
      config,
      clipSamples: config === EMBEDDINGS ? 160_000 : 441_000,
      frontEnd: config === EMBEDDINGS ? 'vggish' : 'zhang2019',
      ...(config !== FEATURES && { embeddings: config === EMBEDDINGS ? 'only' : 'beside' }),
      published: encoders.slice(i, i + 1).map(encoderFigure),
      build: (chosen) => build({ name, trunk, convolution }, chosen),
    };
  });
}

/** Base, VFM, JRM and CMAM, each with encoders along time and (`-2d`) along both axes. */
export function zhang2019Presets(): readonly ModelPreset[] {
  return [
    ...preset('', base, FEATURES, [531_264, 1_551_744]),
    ...preset('-vfm', base, EMBEDDINGS),
    ...preset('-jrm', jrm, BOTH),
    ...preset('-cmam', cmam, BOTH),
  ];
}
