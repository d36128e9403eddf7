import type { MaskScheme } from '@asc/layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { WeightNameMap } from './weight-names.js';

/** What a network is built for. */
export interface SceneModelConfig {
  /** Seed of the initial weights: equal seeds give equal weights. */
  readonly seed: number;
  /** Scene classes (Y). */
  readonly classes: number;
  /** Classes of the auxiliary branch used in training; 0 builds none. */
  readonly abstractClasses: number;
  /** For each scene the index of its abstract class; only of networks whose scene path needs it. */
  readonly abstractOf?: readonly number[];
  /** Mel bands (F). */
  readonly bands: number;
  /** Frames (T). */
  readonly frames: number;
  /** Feature channels (C). */
  readonly channels: number;
  /** Channels of the first block, from which the rest follow, where a network can be made narrower. */
  readonly width?: number;
  /** What masked stripes of the input and of hidden states hold in training (SpecAugment++), of a network that has them. */
  readonly hiddenMasks?: MaskScheme | 'none';
  /** Numbers in an embedding (E), of a network that reads or gives embeddings. */
  readonly embeddingSize?: number;
  /** Embeddings of one clip (N), of a network that reads them beside the features. */
  readonly embeddings?: number;
}

/** A scene classification network. */
export interface SceneModel {
  readonly name: string;
  readonly config: SceneModelConfig;
  /**
   * (B, F, T, C) → logits (B, Y), one tensor per entry of `outputs`, in an array where there are several. Call it with
   * `training.apply(x, { training: true, random })`.
   */
  readonly training: LayersModel;
  /** (B, F, T, C) → scene logits (B, Y). Shares its weights with `training`. */
  readonly deployed: LayersModel;
  /** Names of the inputs in order where there are more than `features`: `embeddings` (B, E, N, 1) or, see `hearThrough`, `patches`. */
  readonly inputs?: readonly string[];
  /** Names of the outputs of `training`, in order: `scene`, then `abstract` where there is such a branch. */
  readonly outputs: readonly string[];
}

/** A figure in a publication that a preset answers to. */
export interface PublishedFigure {
  readonly what: string;
  readonly value: number;
  /** `exact`: our network has this figure. `inferred`: it stands for a network whose publication leaves details open. */
  readonly match: 'exact' | 'inferred';
  readonly note: string;
}

/** How a network shares itself between scenes and abstract classes; the recipe's task of the same name trains it. */
export type JointTraining = 'conventional-mtl' | 'separated-classifier' | 'sequential-mtl' | 'extended-mtl';

/** A network of the literature, ready to build. */
export interface ModelPreset {
  readonly name: string;
  readonly paper: string;
  /** The configuration the publication used; the default of `createModel`. */
  readonly config: SceneModelConfig;
  /** Samples of one input at the front end's rate (S). */
  readonly clipSamples: number;
  /** Name of the front-end preset in @asc/features. */
  readonly frontEnd: string;
  readonly published: readonly PublishedFigure[];
  /** Where it reads embeddings of a VGGish `beside` the features, or `only` those, as its features. */
  readonly embeddings?: 'beside' | 'only';
  /** Where it can be built with an abstract branch. */
  readonly jointTraining?: JointTraining;
  /** Names and layouts of the weights in checkpoints of the authors' public PyTorch code; absent where there is none. */
  readonly pytorchNames?: (model: LayersModel) => WeightNameMap;
  readonly build: (config: SceneModelConfig) => SceneModel;
}
