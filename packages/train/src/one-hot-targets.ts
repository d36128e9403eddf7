import { abstractIndex, sceneIndex, type LabelSpace, type NdArray, type NdArrays } from '@asc/core';

/**
 * Label arrays of a batch: `scene` (B, Y) and, where the label space has abstract classes, `abstract` (B, A), one-hot.
 *
 * @throws UsageError for an unknown scene, naming the nearest.
 */
export function oneHotTargets(labels: LabelSpace, scenes: readonly string[]): NdArrays {
  const rows = (indices: readonly number[], width: number): NdArray => {
    const data = new Float32Array(indices.length * width);
    indices.forEach((index, row) => (data[row * width + index] = 1));
    return { dtype: 'float32', shape: [indices.length, width], data };
  };
  const scene = rows(
    scenes.map((name) => sceneIndex(labels, name)),
    labels.scenes.length,
  );
  if (labels.abstracts.length === 0) return { scene };
  return {
    scene,
    abstract: rows(
      scenes.map((name) => abstractIndex(labels, name)),
      labels.abstracts.length,
    ),
  };
}
