import { z } from 'zod';
import { positiveInteger } from './numbers.js';

const stripes = z.strictObject({
  /** Stripes a batch; 0 is off. */
  count: z.number().int().min(0).max(64).default(0),
  /** Widths are drawn uniformly from 0 … maxWidth − 1, bands or frames. */
  maxWidth: positiveInteger.default(1),
});

/** What happens to the training clips, each at its socket. */
export const augmentSchema = z.strictObject({
  /** Roll every map in time by an amount of its own, ends joined. */
  timeRoll: z.boolean().default(false),
  /** Beta(alpha, alpha) mixing weight, one a batch; 0 is off. */
  mixup: z.strictObject({ alpha: z.number().min(0).max(100).default(0) }).prefault({}),
  frequencyMask: stripes.prefault({}),
  timeMask: stripes.prefault({}),
});
