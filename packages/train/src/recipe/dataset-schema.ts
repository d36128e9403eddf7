import { z } from 'zod';
import { positiveInteger } from './numbers.js';

/** Where the clips come from. */
export const datasetSchema = z.discriminatedUnion('kind', [
  /** TAU Urban Acoustic Scenes layout: `meta.csv`, `evaluation_setup/fold<fold>_*.csv`. */
  z.strictObject({ kind: z.literal('tau'), root: z.string().min(1).optional(), fold: positiveInteger.default(1) }),
  /** One folder of recordings a label. */
  z.strictObject({ kind: z.literal('folder'), root: z.string().min(1).optional(), fold: positiveInteger.default(1) }),
  /** The built-in synthetic scenes, generated under `root`. */
  z.strictObject({
    kind: z.literal('synthetic'),
    root: z.string().min(1).optional(),
    fold: positiveInteger.default(1),
  }),
]);
