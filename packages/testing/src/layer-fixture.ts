import { createRng } from '@asc/core';
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { input, type layers } from '@tensorflow/tfjs-layers';
import { seededDraws } from './seeded-draws.js';

/** A built layer whose weights all differ from their starting values (variances stay positive). */
export function buildLayer<L extends layers.Layer>(makeLayer: () => L, shape: readonly number[]): L {
  const layer = makeLayer();
  layer.apply(input({ shape: shape.slice(1) }));
  const rng = createRng('weights');
  const shifted = layer.getWeights().map((weight, i) => {
    const noise = rng.split(i).fillUniform(new Float32Array(weight.size));
    const values = weight.dataSync().map((value, j) => value + 0.2 * noise[j]!);
    return tensor(values, weight.shape, 'float32');
  });
  layer.setWeights(shifted);
  for (const value of shifted) value.dispose();
  return layer;
}

/** A fixed input: standard normal numbers named by the shape. */
export function sampleInput(shape: readonly number[], name = 'x'): Tensor {
  const values = createRng(name)
    .split(...shape)
    .fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1)));
  return tensor(values, [...shape], 'float32');
}

/** Call arguments of a training or inference pass with fixed random numbers. */
export function callArguments(training: boolean): Record<string, unknown> {
  return training ? { training, random: seededDraws('draws') } : { training };
}
