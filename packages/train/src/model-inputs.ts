import type { FeatureMap, NdSpec } from '@asc/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** Maps of a model's further inputs by their names, beside that of the first: e.g. `embeddings`. */
export type FurtherMaps = Readonly<Record<string, FeatureMap>>;

/** What batches call the inputs of a model: `x` the first, the others by the names they have in the model. */
export function inputArrays(model: LayersModel): string[] {
  // A sequential model that was not used yet has no names.
  return ['x', ...model.inputNames.slice(1)];
}

/** Shapes of a model's inputs for `x` of shape (B, F, T, C). */
export function inputSpecs(model: LayersModel, xShape: readonly number[]): Record<string, NdSpec> {
  const specs = inputArrays(model).map((name, i): [string, NdSpec] => {
    const own = (model.inputs[i]?.shape ?? []).slice(1) as number[];
    return [name, { dtype: 'float32', shape: i === 0 ? xShape : [xShape[0] ?? 0, ...own] }];
  });
  return Object.fromEntries(specs);
}

/** A model's outputs for the arrays of a batch. */
export function applyModel(
  model: LayersModel,
  input: (name: string) => Tensor,
  kwargs: Readonly<Record<string, unknown>>,
): Tensor[] {
  const inputs = inputArrays(model).map(input);
  return [model.apply(inputs.length === 1 ? (inputs[0] as Tensor) : inputs, kwargs)].flat() as Tensor[];
}
