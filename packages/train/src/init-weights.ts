import { UsageError, type NdArray, type NdArrays } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { namedWeights, type NamedWeight } from './named-weights.js';
import { outputLayers } from './output-layers.js';

/** What a checkpoint holds beside weights. */
const NOT_WEIGHTS = /^(optimiser|teacher)\//;

/**
 * Starts a model from the weights of another of the same layers: every weight of the same name and shape is taken, running
 * statistics included. An output layer that does not fit stays fresh, as a whole. Nothing is changed where something is wrong.
 *
 * @param state a checkpoint's state, or weights by our names.
 * @returns the names of the layers that stay fresh.
 * @throws UsageError for a weight behind the output layers that is missing or has another shape, and for one the model has no
 * place for.
 */
export function initWeights(model: LayersModel, state: NdArrays): string[] {
  const weights = namedWeights(model);
  const outputs = outputLayers(model);
  const fits = ({ name, variable }: NamedWeight) => state[name]?.shape.join() === variable.shape.join();
  const misfits = weights.filter((weight) => !fits(weight));
  const stuck = misfits.find(({ layer }) => !outputs.has(layer));
  if (stuck !== undefined) throw misfit(model, stuck.name, stuck.variable.shape, state[stuck.name]);
  const known = new Set(weights.map(({ name }) => name));
  const left = Object.keys(state).filter((name) => !known.has(name) && !NOT_WEIGHTS.test(name));
  if (left.length > 0) throw leftOver(model, left);
  const fresh = new Set(misfits.map(({ layer }) => layer));
  const taken = weights.filter(({ layer }) => !fresh.has(layer));
  tf.tidy(() => {
    for (const { name, variable } of taken) {
      const { data, shape } = state[name] as NdArray;
      variable.assign(tf.tensor(data, [...shape]));
    }
  });
  return [...fresh].map(({ name }) => name);
}

function misfit(model: LayersModel, name: string, shape: readonly number[], found: NdArray | undefined): UsageError {
  return new UsageError({
    what: `The weights to start from do not fit the model "${model.name}": "${name}".`,
    expected: `shape (${shape.join(', ')})`,
    received: found === undefined ? 'no such weight' : `(${found.shape.join(', ')})`,
    hint: 'Only the output layers may differ: start from a run with the same model and features.',
  });
}

function leftOver(model: LayersModel, names: readonly string[]): UsageError {
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return new UsageError({
    what: `The weights to start from hold some that the model "${model.name}" has no place for.`,
    expected: 'weights of the same layers',
    received: `also ${names.slice(0, 3).join(', ')}${more}`,
    hint: 'Start from a run with the same model and task branches.',
  });
}
