import { z } from 'zod';
import { positiveInteger } from './numbers.js';

/** Training goes on with the rounding of the 8-bit file it ends in; `init.from` names the float32 run it starts from. */
export const quantizationSchema = z.strictObject({
  /** Types of activations and weights, as `asc quantize --scheme`. */
  scheme: z.enum(['u8s8', 's8s8', 'u8u8']).default('u8s8'),
  /** How the ranges of activations are found in training clips before the first step, as `asc quantize --calibration`. */
  calibration: z.enum(['minmax', 'moving-average', 'percentile', 'entropy', 'mse']).default('minmax'),
  calibrationClips: positiveInteger.default(100),
  /** The ranges stand still in so many last epochs, so that the weights settle in them; at `epochs` or more, in all. */
  freezeEpochs: z.number().int().min(0).default(2),
});
