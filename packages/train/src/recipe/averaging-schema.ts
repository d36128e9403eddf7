import { z } from 'zod';
import { positiveInteger } from './numbers.js';

/** Which weights a run ends with: the last, or a mean over its way. */
export const averagingSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** Equal parts of the weights at the end of each of the last epochs, or of all where there are fewer. */
  z.strictObject({ kind: z.literal('swa'), lastEpochs: positiveInteger.default(20) }),
  /** A mean that forgets: so much of it stays at every update. */
  z.strictObject({ kind: z.literal('ema'), decay: z.number().min(0).lt(1).default(0.999) }),
]);
