import { UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Optimiser } from './optimiser.js';

/** The slot that holds 1 for every weight that is out, else 0. */
export const PRUNED = 'pruned';

/**
 * An optimiser that leaves pruned weights at 0: they have no gradient, and neither they nor their average move. What is pruned is
 * written into the slot `pruned` from outside, between updates.
 */
export function pruneUpdates(inner: Optimiser): Optimiser {
  return {
    ...inner,
    slots: [...inner.slots, PRUNED],
    update({ parameters, gradients, slots, scalars }) {
      const { [PRUNED]: pruned, ...others } = slots;
      if (!pruned) throw new UsageError({ what: `Pruning misses the slot "${PRUNED}".` });
      const kept = tf.sub(1, pruned);
      const moved = inner.update({ parameters, gradients: tf.mul(gradients, kept), slots: others, scalars });
      const { average, ...further } = moved.slots;
      return {
        parameters: tf.mul(moved.parameters, kept),
        slots: average === undefined ? further : { ...further, average: tf.mul(average, kept) },
      };
    },
  };
}
