import { z } from 'zod';

/** What the network is trained to do. */
export const taskSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('classification') }),
  z.strictObject({
    kind: z.literal('extended-mtl'),
    sceneWeight: z.number().positive().default(5),
    abstractWeight: z.number().min(0).default(1),
  }),
]);
