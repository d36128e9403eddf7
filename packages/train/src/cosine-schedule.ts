import type { Schedule } from './schedule.js';

export interface CosineConfig {
  readonly learningRate: number;
  readonly minLearningRate: number;
}

/**
 * Cosine annealing in closed form over the whole run: min + (base − min)·(1 + cos(π·t/T))/2 for t = 0 … T−1, as
 * `torch.optim.lr_scheduler.CosineAnnealingLR` with T_max = T; the minimum itself would come at t = T.
 *
 * Source: Loshchilov and Hutter, 2017, without restarts.
 */
export function cosineSchedule(config: CosineConfig): Schedule {
  return ({ step, totalSteps }) => cosineDescent(config, step / totalSteps);
}

/** The cosine's value where `done` of its descent is done, 0 … 1. */
export function cosineDescent({ learningRate, minLearningRate }: CosineConfig, done: number): number {
  return minLearningRate + ((learningRate - minLearningRate) * (1 + Math.cos(Math.PI * done))) / 2;
}
