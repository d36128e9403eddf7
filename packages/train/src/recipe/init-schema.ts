import { z } from 'zod';

/** Where the weights start, instead of fresh. */
export const initSchema = z.strictObject({
  /** A run, whose last weights are taken, or a safetensors file of weights by our names. The output layers may differ. */
  from: z.string().min(1),
});
