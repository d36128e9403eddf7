import type { NdArrays, Rng } from '@asc/core';
import type { AugmentConfig } from './recipe-schema.js';
export function augmentBatch(batch: NdArrays, _config: AugmentConfig, _rng: Rng): NdArrays {
  return batch;
}
