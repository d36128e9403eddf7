import { z } from 'zod';
import { positiveInteger } from './numbers.js';

/** Where the set lies, and which of its folds is trained on. */
const PLACE = {
  root: z.string().min(1).optional(),
  fold: positiveInteger.default(1),
  /** `all` trains on every labelled clip, the held-out ones too: for submissions, whose figures then say nothing. */
  trainOn: z.enum(['fold', 'all']).default('fold'),
};

/** Where the clips come from. */
export const datasetSchema = z.discriminatedUnion('kind', [
  /** TAU Urban Acoustic Scenes layout: `meta.csv`, `evaluation_setup/fold<fold>_*.csv`. */
  z.strictObject({ kind: z.literal('tau'), ...PLACE }),
  /** One folder of recordings a label. */
  z.strictObject({ kind: z.literal('folder'), ...PLACE }),
  /** Recordings labelled with sound events: `events.csv`. */
  z.strictObject({ kind: z.literal('events'), ...PLACE }),
  /** The built-in synthetic scenes, generated under `root`. */
  z.strictObject({ kind: z.literal('synthetic'), ...PLACE }),
  /** A published set by name, as its archives unpack. */
  z.strictObject({
    kind: z.enum(['audioset', 'esc50', 'tut2017', 'tau2019', 'tau2020-mobile', 'tau2020-3class']),
    ...PLACE,
  }),
  /** TAU 2022 Mobile; with `trainPercent`, trained on that list of DCASE 2024 instead of a fold. */
  z.strictObject({
    kind: z.literal('tau2022-mobile'),
    ...PLACE,
    trainPercent: z.union([z.literal(5), z.literal(10), z.literal(25), z.literal(50), z.literal(100)]).optional(),
  }),
]);
