import { z } from 'zod';
import { positiveInteger } from './numbers.js';

const minLearningRate = z.number().min(0).default(0);
/** Move every update, or hold within an epoch. */
const perStep = z.boolean().default(true);

/** A straight line that comes first, in multiples of `optimiser.learningRate`. */
const warmUp = z
  .strictObject({
    /** 0 is off. */
    length: z.number().min(0).max(1e9).default(0),
    unit: z.enum(['epochs', 'steps']).default('epochs'),
    from: z.number().min(0).max(1000).default(0),
    to: z.number().positive().max(1000).default(1),
    /** The schedule's own time runs from the start, hidden by the warm-up, not from the warm-up's end. */
    overlap: z.boolean().default(false),
  })
  .prefault({});

/** How the learning rate moves. */
export const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cosine'), minLearningRate, perStep, warmUp }),
  z.strictObject({
    kind: z.literal('cosine-restarts'),
    minLearningRate,
    /** Length of the first descent. */
    firstPeriodEpochs: z.number().positive().max(1_000_000).default(10),
    /** Every descent is so many times as long as the one before. */
    multiplier: positiveInteger.max(1000).default(1),
    perStep,
    warmUp,
  }),
  z.strictObject({
    kind: z.literal('noam'),
    /** Width of the attention. */
    modelSize: positiveInteger,
    warmUpSteps: positiveInteger.default(4000),
    /** −0.5, or +0.5 as Zhang et al. (2019) print it. */
    exponent: z.enum(['corrected', 'printed']).default('corrected'),
  }),
  z.strictObject({ kind: z.literal('constant'), perStep, warmUp }),
]);
