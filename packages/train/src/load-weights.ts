import { checkShape, UsageError, type NdArrays } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { namedWeights } from './named-weights.js';

/**
 * Gives a model the weights and running statistics of a checkpoint; what else `state` holds is ignored. Nothing is changed
 * where something is wrong.
 *
 * @throws UsageError for a weight that is missing or has another shape.
 */
export function loadWeights(model: LayersModel, state: NdArrays): void {
  const pairs = namedWeights(model).map(({ name, variable }) => {
    const array = state[name];
    if (array === undefined) {
      throw new UsageError({
        what: `The weights do not fit the model "${model.name}": "${name}" is missing.`,
        hint: 'Build the model with the preset, options and labels of the recipe it was trained with.',
      });
    }
    checkShape(`The weight "${name}"`, array.shape, variable.shape);
    return { array, variable };
  });
  tf.tidy(() => {
    for (const { array, variable } of pairs) variable.assign(tf.tensor(array.data, [...array.shape]));
  });
}
