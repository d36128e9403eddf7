import { createRng, ndArray, sizeOf, type NdArray, type NdArrays } from '@asc/core';
import { createModel, type ModelPreset, type SceneModel, type SceneModelConfig } from '@asc/models';
import { namedWeights } from '@asc/train';
import * as tf from '@tensorflow/tfjs-core';
import { existsSync, readFileSync } from 'node:fs';

type Size = Partial<Omit<SceneModelConfig, 'abstractOf'>>;

/** The small build of a preset that its PyTorch values are of; 32 bands and frames where there are none. */
export function smallConfig(name: string): Size {
  const file = new URL(`../../../golden/models/${name}.json`, import.meta.url);
  if (!existsSync(file)) return { bands: 32, frames: 32 };
  const golden = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly config?: Size;
    readonly shape?: readonly number[];
    readonly shapes?: readonly (readonly number[])[];
  };
  const [, bands, frames] = golden.shape ?? golden.shapes?.[0] ?? [];
  return { ...golden.config, bands: bands!, frames: frames! };
}

/** The network, small, none of its weights where it starts: norms, shifts and statistics would hide what is swapped. */
export function smallNetwork(preset: ModelPreset): SceneModel {
  const net = createModel(preset.name, smallConfig(preset.name));
  tf.tidy(() => {
    for (const { name, variable } of namedWeights(net.training)) {
      const draws = createRng(5)
        .split(name)
        .fillUniform(new Float32Array(sizeOf(variable.shape)));
      const value = tf.tensor(draws, variable.shape);
      if (/gamma|variance/.test(name)) variable.assign(tf.add(value, 0.5));
      else if (/beta|bias|mean/.test(name)) variable.assign(tf.mul(tf.sub(value, 0.5), 0.4));
    }
  });
  return net;
}

/** Standard normal maps for every input of a network, by name. */
export function normalMaps(net: SceneModel, batch: number, seed: string): NdArrays {
  const { inputNames, inputs } = net.training;
  return Object.fromEntries(
    inputs.map(({ shape }, i) => {
      const full = [batch, ...(shape.slice(1) as number[])];
      const rng = createRng(seed).split(inputNames[i]!);
      return [inputNames[i]!, ndArray('float32', full, rng.fillNormal(new Float32Array(sizeOf(full))))];
    }),
  );
}

/** Largest |a − b|, over the largest |b|. */
export function distance(a: NdArray['data'], b: NdArray['data']): number {
  let [most, largest] = [a.length === b.length ? 0 : Infinity, 0];
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    most = Number.isNaN(difference) ? Infinity : Math.max(most, difference);
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return most === 0 ? 0 : most / largest;
}
