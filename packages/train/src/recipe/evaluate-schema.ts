import { z } from 'zod';
import { stripes } from './augment-schema.js';
import { positiveInteger } from './numbers.js';

const masks = stripes.pick({ count: true, maxWidth: true });

/** How held-out clips are judged. */
export const evaluateSchema = z.strictObject({
  /** Windows spread evenly over a longer clip, posteriors averaged. */
  crops: positiveInteger.max(1000).default(1),
  /** Validate after every so many epochs, and after the last. */
  everyEpochs: positiveInteger.default(1),
  /**
   * This share of the locations of every scene, at least one, is kept out of training, and the best epoch is chosen on it; the
   * same locations in every run. At 0 it is chosen on the held-out clips, whose accuracy it then flatters.
   */
  keepAside: z.number().min(0).lt(1).default(0),
  /** Scene posteriors times those of their abstract classes, renormalised; for networks with an abstract branch. */
  jointPrediction: z.boolean().default(false),
  /** Test-time augmentation of the finished model: the mean posterior of so many randomly changed copies; 0 is off. */
  tta: z
    .strictObject({
      passes: z.number().int().min(0).max(1000).default(0),
      /** Every copy is rolled in time by N(0, shiftFrames) frames, ends joined. */
      shiftFrames: z.number().min(0).max(100_000).default(10),
      frequencyMask: masks.prefault({}),
      timeMask: masks.prefault({}),
    })
    .prefault({}),
});

/** How clips are judged where no recipe says it. */
export function defaultEvaluation(): z.output<typeof evaluateSchema> {
  return evaluateSchema.parse({});
}
