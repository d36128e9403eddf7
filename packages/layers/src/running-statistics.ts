import { UsageError } from '@asc/core';
import { add, mul, tidy } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { BatchStatistics } from './normalize-batch.js';

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
  momentum: number,
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
    movingMean.write(add(mul(movingMean.read(), 1 - momentum), mul(batch.mean, momentum)));
    movingVariance.write(add(mul(movingVariance.read(), 1 - momentum), mul(unbiased, momentum)));
  });
}
