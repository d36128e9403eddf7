import { z } from 'zod';

/** How the learning rate moves. */
export const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cosine'),
    minLearningRate: z.number().min(0).default(0),
    /** Move every step, or hold within an epoch. */
    perStep: z.boolean().default(true),
  }),
  z.strictObject({ kind: z.literal('constant') }),
]);
