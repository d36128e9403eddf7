import { checkShape, UsageError, type FeatureMap, type NdArray } from '@asc/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

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

/** Refuses a feature map that is not what the model takes. @throws UsageError showing both shapes. */
export function checkMapShape(name: string, map: FeatureMap, model: LayersModel): void {
  const expected = (model.inputs[0]?.shape ?? []).slice(1);
  checkShape(
    name,
    mapShape(map),
    expected.map((size, axis) => size ?? ('FTC'[axis] as string)),
  );
}

function mapShape({ bands, frames, channels }: FeatureMap): number[] {
  return [bands, frames, channels];
}
