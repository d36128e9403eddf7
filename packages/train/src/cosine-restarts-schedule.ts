import { cosineDescent, type CosineConfig } from './cosine-schedule.js';
import type { Schedule } from './schedule.js';

export interface CosineRestartsConfig extends CosineConfig {
  /** Length of the first descent. */
  readonly firstPeriodEpochs: number;
  /** Every descent is so many times as long as the one before. */
  readonly multiplier: number;
}

/**
 * Cosine annealing that starts again from the top: `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`, moved every epoch
 * or, as fractions of one, every update.
 *
 * Source: Loshchilov and Hutter, 2017.
 */
export function cosineRestartsSchedule(config: CosineRestartsConfig): Schedule {
  const { firstPeriodEpochs, multiplier } = config;
  return ({ step, stepsPerEpoch }) => {
    let period = firstPeriodEpochs * stepsPerEpoch;
    if (multiplier === 1) return cosineDescent(config, (step % period) / period);
    let since = step;
    while (since >= period) {
      since -= period;
      period *= multiplier;
    }
    return cosineDescent(config, since / period);
  };
}
