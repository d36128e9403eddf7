import type { Schedule } from './schedule.js';

export interface WarmUpConfig {
  readonly learningRate: number;
  /** 0 is none. */
  readonly length: number;
  readonly unit: 'epochs' | 'steps';
  /** Multiples of the learning rate at the first update and where the warm-up ends. */
  readonly from: number;
  readonly to: number;
  /** The schedule's own time runs from the start, hidden by the warm-up, not from the warm-up's end. */
  readonly overlap: boolean;
}

/**
 * A straight line, then `schedule` over what remains of the run.
 *
 * Source: `torch.optim.lr_scheduler.LinearLR`, then another by `SequentialLR`; with `from` 0 and a cosine,
 * `get_cosine_schedule_with_warmup` of transformers.
 */
export function warmUp(schedule: Schedule, config: WarmUpConfig): Schedule {
  const { learningRate, length, unit, from, to, overlap } = config;
  if (length === 0) return schedule;
  return (position) => {
    const { step, totalSteps, stepsPerEpoch } = position;
    const steps = unit === 'epochs' ? length * stepsPerEpoch : length;
    if (step < steps) return learningRate * (from + ((to - from) * step) / steps);
    return schedule(overlap ? position : { step: step - steps, totalSteps: totalSteps - steps, stepsPerEpoch });
  };
}
