import { z } from 'zod';

const jsonOptions = z.record(z.string(), z.json()).default({});

/** What the rehearsal of a recipe makes smaller, beside what `smokeRecipe` shortens for every recipe. */
export const smokeSchema = z.strictObject({
  /** Length of a clip and of the model's window. */
  clipSeconds: z.number().positive().max(60).default(1),
  /** Of the model's preset, e.g. a smaller width. */
  modelOptions: jsonOptions,
  /** Of the front end, e.g. fewer bands. */
  featureOverrides: jsonOptions,
  /** Of the `embeddings` section. */
  embeddings: jsonOptions,
});
