import type { SceneModelConfig } from './scene-model.js';

/** Clips in a batch (B) and how a network is built to be trained two steps. */
export interface NetworkSize {
  readonly batch: number;
  readonly config: Partial<SceneModelConfig>;
}

type Shape = readonly [batch: number, bands: number, frames: number, more?: Partial<SceneModelConfig>];

/** Widths, heads and embeddings as published wherever tfjs takes less than a minute for four steps; smaller maps. */
const RECORDED: Readonly<Record<string, Shape>> = {
  'amfm-small': [2, 32, 32],
  'clova2021-amfm-small': [2, 32, 32],
  'clova2021-amfm-small-count-a': [2, 32, 32],
  'clova2021-amfm-small-count-b': [2, 32, 32],
  'clova2021-resnetse-mfm': [4, 16, 16],
  sp4asc: [4, 32, 32],
  xin2022: [4, 32, 32],
  'xin2022-30mmac': [4, 32, 32],
  'dcase2020-1b': [1, 20, 500, { width: 16 }],
  dcase2021: [1, 20, 500, { width: 8 }],
  dcase2022: [2, 20, 50],
  dcase2024: [4, 24, 20],
  'cp-mobile': [4, 24, 20],
  'bc-resnet-asc': [4, 32, 64],
  // A norm of TF-SepNet sees one value a clip and frame, and its gradients are large.
  'tf-sepnet': [8, 64, 64],
  zhang2019: [2, 64, 40],
  'zhang2019-2d': [2, 8, 32],
  'zhang2019-vfm': [4, 128, 10],
  'zhang2019-vfm-2d': [2, 32, 10],
  'zhang2019-jrm': [2, 64, 256, { width: 16, embeddings: 256 }],
  // Long, so that the norms behind seven halvings see more than two values.
  'zhang2019-jrm-2d': [2, 10, 200, { width: 2, embeddingSize: 16, embeddings: 130 }],
  'zhang2019-cmam': [2, 64, 20, { width: 16 }],
  'zhang2019-cmam-2d': [2, 16, 20, { width: 8 }],
  vggish: [2, 32, 16, { width: 16 }],
  'vggish-aed': [2, 32, 16, { width: 16 }],
};

/** The size at which `scripts/train-networks.mjs` trains a preset. */
export function recordedSize(name: string): NetworkSize {
  const shape = RECORDED[name] ?? (name.startsWith('shim2022') ? ([2, 22, 22] as const) : undefined);
  if (shape === undefined) throw new Error(`Give preset "${name}" its size in network-sizes.test.helper.ts.`);
  const [batch, bands, frames, more] = shape;
  return { batch, config: { seed: 5, bands, frames, ...more } };
}
