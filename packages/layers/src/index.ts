export {
  AscLayer,
  type CallArguments,
  type CountsCost,
  type LayerConfig,
  type SeededLayerConfig,
} from './asc-layer.js';
export { attentiveMaxFeatureMap } from './attentive-max-feature-map.js';
export { AveragePool2D, type AveragePool2DConfig } from './average-pool2d.js';
export { BatchNorm, type BatchNormConfig } from './batch-norm.js';
export { cbam, type CbamConfig } from './cbam.js';
export { ChannelGate, type ChannelGateConfig } from './channel-gate.js';
export { Conv2D, type Conv2DConfig, type KernelLaw } from './conv2d.js';
export { Dense, type DenseConfig } from './dense.js';
export { DepthwiseConv2D, type DepthwiseConv2DConfig } from './depthwise-conv2d.js';
export { Dropout, type DropoutConfig, randomOf } from './dropout.js';
export { GlobalAveragePool } from './global-average-pool.js';
export { MaxFeatureMap } from './max-feature-map.js';
export { maxOverAxes } from './max-over-axes.js';
export { MaxPool2D, type MaxPool2DConfig } from './max-pool2d.js';
export { type BatchStatistics, normalizeBatch, normalizeWith } from './normalize-batch.js';
export { SpatialGate } from './spatial-gate.js';
export { seededInitializer, type WeightLaw } from './seeded-initializer.js';
export type { Padding, Padding4, Pair } from './window.js';
