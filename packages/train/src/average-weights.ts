import { UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import { WHOLE_UPDATE, type Optimiser } from './optimiser.js';

/** What the newest weights weigh in the average, at update `step` counted from 0: 0 leaves it, 1 replaces it. */
export type AverageShare = (step: number) => number;

/**
 * An optimiser that keeps a running mean of the weights in the slot `average`, beside the weights, which it never touches:
 * a ← a + (w − a)·share. Equal weights give an equal mean, bit for bit.
 */
export function averageWeights(inner: Optimiser, shareOf: AverageShare): Optimiser {
  return {
    slots: [...inner.slots, 'average'],
    scalarNames: [...inner.scalarNames, 'averageShare'],
    scalars: (step, learningRate, part = WHOLE_UPDATE) => ({
      ...inner.scalars(step, learningRate, part),
      averageShare: part.last ? shareOf(step) : 0,
    }),
    update(given) {
      const { average } = given.slots;
      const { averageShare } = given.scalars;
      if (!average || !averageShare) throw new UsageError({ what: 'Averaging misses a slot or a scalar.' });
      const { parameters, slots } = inner.update(given);
      const mean = tf.add(average, tf.mul(tf.sub(parameters, average), averageShare));
      return { parameters, slots: { ...slots, average: mean } };
    },
  };
}

/**
 * Equal parts of the weights at the end of each of the last `lastEpochs` epochs.
 *
 * Source: Izmailov et al., 2018; `torch.optim.swa_utils.AveragedModel`, updated once an epoch.
 */
export function swaShare(config: {
  readonly lastEpochs: number;
  readonly epochs: number;
  readonly updatesPerEpoch: number;
}): AverageShare {
  const { lastEpochs, epochs, updatesPerEpoch } = config;
  const first = Math.max(0, epochs - lastEpochs);
  return (step) => {
    const epoch = Math.floor(step / updatesPerEpoch);
    const ends = (step + 1) % updatesPerEpoch === 0;
    return ends && epoch >= first ? 1 / (epoch - first + 1) : 0;
  };
}

/**
 * a ← decay·a + (1 − decay)·w at every update; the first replaces.
 *
 * Source: `torch.optim.swa_utils.get_ema_multi_avg_fn`.
 */
export function emaShare(decay: number): AverageShare {
  return (step) => (step === 0 ? 1 : 1 - decay);
}
