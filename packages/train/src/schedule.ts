import { cosineRestartsSchedule } from './cosine-restarts-schedule.js';
import { cosineSchedule } from './cosine-schedule.js';
import { noamSchedule } from './noam-schedule.js';
import type { ScheduleConfig } from './recipe-schema.js';
import { warmUp } from './warm-up.js';

/** Where an update stands in its run. */
export interface SchedulePosition {
  /** Counted from 0 over the whole run. */
  readonly step: number;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
}

/** Learning rate of an update. */
export type Schedule = (position: SchedulePosition) => number;

/** The same learning rate all along. */
export function constantSchedule(learningRate: number): Schedule {
  return () => learningRate;
}

/** `schedule` as it stands at the first update of an epoch, held within it. */
export function perEpoch(schedule: Schedule): Schedule {
  return (position) => schedule({ ...position, step: position.step - (position.step % position.stepsPerEpoch) });
}

/** The schedule a recipe names, for its optimiser's learning rate. */
export function createSchedule(config: ScheduleConfig, learningRate: number): Schedule {
  if (config.kind === 'noam') return noamSchedule({ ...config, learningRate });
  const schedule = warmUp(mainSchedule(config, learningRate), { ...config.warmUp, learningRate });
  return config.perStep ? schedule : perEpoch(schedule);
}

function mainSchedule(config: Exclude<ScheduleConfig, { kind: 'noam' }>, learningRate: number): Schedule {
  switch (config.kind) {
    case 'cosine':
      return cosineSchedule({ ...config, learningRate });
    case 'cosine-restarts':
      return cosineRestartsSchedule({ ...config, learningRate });
    case 'constant':
      return constantSchedule(learningRate);
  }
}
