import { UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import { WHOLE_UPDATE, type Optimiser } from './optimiser.js';

/**
 * An optimiser that moves only at the last batch of an update, by the mean gradient over all clips since the one before:
 * the same as one batch of all those clips, in the memory of one of them.
 *
 * The mean runs: ḡ ← ḡ + (g − ḡ)·share. At every batch the inner update is computed and, but for the last, thrown away: over a
 * flat vector that costs little, and the step stays one graph.
 */
export function accumulateGradients(inner: Optimiser): Optimiser {
  return {
    slots: [...inner.slots, 'meanGradient'],
    scalarNames: [...inner.scalarNames, 'share', 'last'],
    scalars: (step, learningRate, { share, last } = WHOLE_UPDATE) => ({
      ...inner.scalars(step, learningRate),
      share,
      last: last ? 1 : 0,
    }),
    update({ parameters, gradients, slots, scalars }) {
      const { meanGradient: before } = slots;
      const { share, last } = scalars;
      if (!before || !share || !last) throw new UsageError({ what: 'Accumulation misses a slot or a scalar.' });
      const mean = tf.add(before, tf.mul(tf.sub(gradients, before), share));
      const moved = inner.update({ parameters, gradients: mean, slots, scalars });
      const isLast = tf.greater(last, 0);
      const choose = (after: tf.Tensor, otherwise: tf.Tensor) => tf.where(isLast, after, otherwise);
      return {
        parameters: choose(moved.parameters, parameters),
        slots: {
          ...Object.fromEntries(
            Object.entries(moved.slots).map(([name, after]) => [name, choose(after, slots[name] ?? after)]),
          ),
          meanGradient: choose(tf.zerosLike(mean), mean),
        },
      };
    },
  };
}
