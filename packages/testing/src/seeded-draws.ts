import { createRng, type RandomSource } from '@asc/core';
import { eagerRandom } from '@asc/onnx';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Random numbers for a layer's call argument `random`: the same for the same seed. */
export function seededDraws(seed: number | string): RandomSource<Tensor> {
  return eagerRandom(createRng(seed));
}
