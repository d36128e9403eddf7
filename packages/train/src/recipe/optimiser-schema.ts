import { z } from 'zod';

const learningRate = z.number().positive().max(100);
const weightDecay = z.number().min(0).max(1).default(0);
const decayRate = z.number().min(0).lt(1);

/** How the weights move. */
export const optimiserSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('adam'),
    learningRate: learningRate.default(1e-3),
    beta1: decayRate.default(0.9),
    beta2: decayRate.default(0.999),
    epsilon: z.number().positive().max(1).default(1e-8),
    weightDecay,
  }),
  z
    .strictObject({
      kind: z.literal('sgd'),
      learningRate: learningRate.default(1e-2),
      momentum: decayRate.default(0),
      nesterov: z.boolean().default(false),
      weightDecay,
    })
    .refine((sgd) => !sgd.nesterov || sgd.momentum > 0, {
      path: ['nesterov'],
      params: { expected: 'false, or a momentum above 0' },
    }),
]);
