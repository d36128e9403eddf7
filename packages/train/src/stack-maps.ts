import { checkShape, UsageError, type FeatureMap, type NdArray, type NdArrays } from '@asc/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { FurtherMaps } from './model-inputs.js';

/** Feature maps (F, T, C) of one shape as a batch (B, F, T, C). @throws UsageError for none, or another shape. */
export function stackMaps(maps: readonly FeatureMap[]): NdArray {
  const [first] = maps;
  if (first === undefined) throw new UsageError({ what: 'A batch needs at least one feature map.' });
  const shape = mapShape(first);
  const size = first.data.length;
  const data = new Float32Array(maps.length * size);
  maps.forEach((map, i) => {
    checkShape(`Feature map ${i} of the batch`, mapShape(map), shape);
    data.set(map.data, i * size);
  });
  return { dtype: 'float32', shape: [maps.length, ...shape], data };
}

/** The same for maps by name, each example having the names of the first. */
export function stackFurther(examples: readonly FurtherMaps[]): NdArrays {
  const names = Object.keys(examples[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, stackMaps(examples.map((maps) => maps[name] as FeatureMap))]));
}

/** Refuses a feature map that is not what input `index` of the model takes. @throws UsageError showing both shapes. */
export function checkMapShape(name: string, map: FeatureMap, model: LayersModel, index = 0): void {
  const expected = (model.inputs[index]?.shape ?? []).slice(1);
  checkShape(
    name,
    mapShape(map),
    expected.map((size, axis) => size ?? ('FTC'[axis] as string)),
  );
}

function mapShape({ bands, frames, channels }: FeatureMap): number[] {
  return [bands, frames, channels];
}
