import { UsageError, type NdArrays } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { averageWeights, emaShare, swaShare } from './average-weights.js';
import { unflatten } from './flat-parameters.js';
import { namedWeights } from './named-weights.js';
import type { Optimiser } from './optimiser.js';
import type { AveragingConfig } from './recipe-schema.js';

/** `inner` with the average a recipe asks for, if any. */
export function withAveraging(
  inner: Optimiser,
  averaging: AveragingConfig,
  run: { readonly epochs: number; readonly updatesPerEpoch: number },
): Optimiser {
  switch (averaging.kind) {
    case 'none':
      return inner;
    case 'swa':
      return averageWeights(inner, swaShare({ ...averaging, ...run }));
    case 'ema':
      return averageWeights(inner, emaShare(averaging.decay));
  }
}

/** Whether there is an average at the end of `epoch`, counted from 0. */
export function hasAverage(averaging: AveragingConfig, epoch: number, epochs: number): boolean {
  if (averaging.kind === 'swa') return epoch >= epochs - averaging.lastEpochs;
  return averaging.kind === 'ema';
}

/**
 * The weights of a model by name, with the average in the place of those that were trained. Running statistics and frozen
 * weights are those of `state`.
 *
 * @throws UsageError for a state without an average.
 */
export function averagedState(model: LayersModel, state: NdArrays): NdArrays {
  const average = state['optimiser/average'];
  const weights = namedWeights(model);
  const trained = weights.filter(({ trainable }) => trainable);
  if (average === undefined) throw new UsageError({ what: 'The state holds no average of the weights.' });
  const result: Record<string, NdArrays[string]> = {};
  for (const { name } of weights) if (state[name] !== undefined) result[name] = state[name];
  tf.tidy(() => {
    const vector = tf.tensor1d(average.data as Float32Array);
    const shapes = trained.map(({ variable }) => variable.shape);
    for (const [i, value] of unflatten(vector, shapes).entries()) {
      const { name, variable, constraint } = trained[i] as (typeof trained)[number];
      const data = (constraint === null ? value : constraint.apply(value)).dataSync() as Float32Array;
      result[name] = { dtype: 'float32', shape: variable.shape, data: Float32Array.from(data) };
    }
  });
  return result;
}
