import { UsageError } from '@asc/core';
import { add, mul, sub, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { BatchStatistics } from './normalize-batch.js';

/**
 * Weight of the newest batch in the running statistics: the call argument `statisticsShare` (a scalar) where a caller gives
 * one, as 1/k at batch k for the plain mean over batches, or the layer's own `momentum`.
 */
export function shareOfBatch(kwargs: Readonly<Record<string, unknown>>, momentum: number): number | Tensor {
  return (kwargs['statisticsShare'] as Tensor | undefined) ?? momentum;
}

/**
 * running ← (1 − momentum)·running + momentum·batch, the variance with n/(n−1) (unbiased), as PyTorch does.
 *
 * @throws UsageError when a channel has a single value, whose variance is undefined.
 */
export function updateRunningStatistics(
  layerName: string,
  movingMean: LayerVariable,
  movingVariance: LayerVariable,
  batch: BatchStatistics,
  momentum: number | Tensor,
): void {
  if (batch.count < 2) {
    throw new UsageError({
      what: `Layer "${layerName}" cannot learn statistics from one value per channel.`,
      expected: 'at least 2 values per channel in a training batch',
      received: '1',
      hint: 'Use a larger batch, or set trainable to false to keep the running statistics.',
    });
  }
  tidy(() => {
    const unbiased = mul(batch.variance, batch.count / (batch.count - 1));
    const kept = typeof momentum === 'number' ? 1 - momentum : sub(1, momentum);
    movingMean.write(add(mul(movingMean.read(), kept), mul(batch.mean, momentum)));
    movingVariance.write(add(mul(movingVariance.read(), kept), mul(unbiased, momentum)));
  });
}
