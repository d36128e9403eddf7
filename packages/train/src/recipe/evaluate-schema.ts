import { z } from 'zod';
import { positiveInteger } from './numbers.js';

/** How held-out clips are judged. */
export const evaluateSchema = z.strictObject({
  /** Windows spread evenly over a longer clip, posteriors averaged. */
  crops: positiveInteger.max(1000).default(1),
  /** Validate after every so many epochs, and after the last. */
  everyEpochs: positiveInteger.default(1),
  /** Scene posteriors times those of their abstract classes, renormalised; for networks with an abstract branch. */
  jointPrediction: z.boolean().default(false),
});
