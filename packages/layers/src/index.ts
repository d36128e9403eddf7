export {
  AscLayer,
  type CallArguments,
  type CountsCost,
  type LayerConfig,
  type SeededLayerConfig,
} from './asc-layer.js';
export { attentiveMaxFeatureMap } from './attentive-max-feature-map.js';
export { AttentivePool, type AttentivePoolConfig } from './attentive-pool.js';
export { AverageOverAxis, type AverageOverAxisConfig, type MapAxis } from './average-over-axis.js';
export { AveragePool2D, type AveragePool2DConfig } from './average-pool2d.js';
export { BatchNorm, type BatchNormConfig } from './batch-norm.js';
export { cbam, type CbamConfig } from './cbam.js';
export { ChannelGate, type ChannelGateConfig } from './channel-gate.js';
export { ChannelShuffle, type ChannelShuffleConfig } from './channel-shuffle.js';
export { ChannelSlice, type ChannelSliceConfig } from './channel-slice.js';
export { Conv2D, type Conv2DConfig, type KernelLaw } from './conv2d.js';
export { CoordinateAttention, type CoordinateAttentionConfig } from './coordinate-attention.js';
export { Dense, type DenseConfig } from './dense.js';
export { DepthwiseConv2D, type DepthwiseConv2DConfig } from './depthwise-conv2d.js';
export { DilatedDepthwiseCross } from './dilated-depthwise-cross.js';
export { Dropout, type DropoutConfig, randomOf } from './dropout.js';
export { FlattenBands } from './flatten-bands.js';
export { FrequencyTimePool } from './frequency-time-pool.js';
export { GlobalAveragePool } from './global-average-pool.js';
export { LayerNorm, type LayerNormConfig } from './layer-norm.js';
export { lowRankConv, type LowRankConvConfig } from './low-rank-conv.js';
export { GlobalResponseNorm } from './global-response-norm.js';
export { GroupLogSoftmax, type GroupLogSoftmaxConfig } from './group-log-softmax.js';
export { HardSwish } from './hard-swish.js';
export { HiddenStateMask, type HiddenStateMaskConfig, type MaskScheme } from './hidden-state-mask.js';
export { JointPrediction, type JointPredictionConfig } from './joint-prediction.js';
export { MaxFeatureMap } from './max-feature-map.js';
export { maxOverAxes } from './max-over-axes.js';
export { MaxPool2D, type MaxPool2DConfig } from './max-pool2d.js';
export { mfmResidual, type MfmResidualConfig, type ResidualConv } from './mfm-residual.js';
export { MultiHeadAttention, type MultiHeadAttentionConfig } from './multi-head-attention.js';
export { type BatchStatistics, normalizeBatch, normalizeWith } from './normalize-batch.js';
export { SinusoidalPositions } from './sinusoidal-positions.js';
export { ResidualNorm, type ResidualNormConfig } from './residual-norm.js';
export { SpatialGate } from './spatial-gate.js';
export { subSpectralNorm, type SubSpectralNormConfig } from './sub-spectral-norm.js';
export { SqueezeExcitation, type SqueezeExcitationConfig } from './squeeze-excitation.js';
export { BLANK_SEED, seededInitializer, type WeightLaw } from './seeded-initializer.js';
export type { Padding, Padding4, Pair } from './window.js';
