import { z } from 'zod';
import { positiveInteger } from './numbers.js';

const learningRate = z.number().positive().max(100);
const weightDecay = z.number().min(0).max(1);
const decayRate = z.number().min(0).lt(1);

const moments = {
  learningRate: learningRate.default(1e-3),
  beta1: decayRate.default(0.9),
  beta2: decayRate.default(0.999),
  epsilon: z.number().positive().max(1).default(1e-8),
};

const clipSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** Shorten the gradient of all weights together to this length. */
  z.strictObject({ kind: z.literal('norm'), max: z.number().positive() }),
  /** Keep every gradient within −max … max. */
  z.strictObject({ kind: z.literal('value'), max: z.number().positive() }),
]);

const gradients = {
  clip: clipSchema.prefault({ kind: 'none' }),
  /** Batches whose mean gradient makes one update; fewer where an epoch ends. `batchSize` is that of one of them. */
  accumulate: positiveInteger.max(65_536).default(1),
};

/** How the weights move. */
export const optimiserSchema = z.discriminatedUnion('kind', [
  /** Weight decay is L2: a part of the gradient. */
  z.strictObject({ kind: z.literal('adam'), ...moments, weightDecay: weightDecay.default(0), ...gradients }),
  /** Weight decay is decoupled, a multiple of the learning rate. */
  z.strictObject({ kind: z.literal('adamw'), ...moments, weightDecay: weightDecay.default(1e-2), ...gradients }),
  z
    .strictObject({
      kind: z.literal('sgd'),
      learningRate: learningRate.default(1e-2),
      momentum: decayRate.default(0),
      nesterov: z.boolean().default(false),
      weightDecay: weightDecay.default(0),
      ...gradients,
    })
    .refine((sgd) => !sgd.nesterov || sgd.momentum > 0, {
      path: ['nesterov'],
      params: { expected: 'false, or a momentum above 0' },
    }),
]);
