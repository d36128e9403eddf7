import type { ScheduleConfig } from './recipe-schema.js';

/** Where a step stands in its run. */
export interface SchedulePosition {
  /** Counted from 0 over the whole run. */
  readonly step: number;
  readonly epoch: number;
  readonly totalSteps: number;
  readonly totalEpochs: number;
}

/** Learning rate of a step. */
export type Schedule = (position: SchedulePosition) => number;

/**
 * Cosine annealing in closed form, over steps or epochs: min + (base − min)·(1 + cos(π·t/T))/2 for t = 0 … T−1, as
 * `torch.optim.lr_scheduler.CosineAnnealingLR` with T_max = T; the minimum itself would come at t = T.
 *
 * Source: Loshchilov and Hutter, 2017, without restarts.
 */
export function cosineSchedule(config: {
  readonly learningRate: number;
  readonly minLearningRate: number;
  readonly perStep: boolean;
}): Schedule {
  const { learningRate, minLearningRate, perStep } = config;
  return ({ step, epoch, totalSteps, totalEpochs }) => {
    const done = perStep ? step / totalSteps : epoch / totalEpochs;
    return minLearningRate + ((learningRate - minLearningRate) * (1 + Math.cos(Math.PI * done))) / 2;
  };
}

/** The same learning rate all along. */
export function constantSchedule(learningRate: number): Schedule {
  return () => learningRate;
}

/** The schedule a recipe names, for its optimiser's learning rate. */
export function createSchedule(config: ScheduleConfig, learningRate: number): Schedule {
  return config.kind === 'cosine' ? cosineSchedule({ ...config, learningRate }) : constantSchedule(learningRate);
}
