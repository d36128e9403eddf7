// Weights live in tfjs tensors; the work is done by ONNX Runtime.
import '@tensorflow/tfjs-backend-cpu';
import { createRng, labelSpace, ndArray, type NdArrays, type TypedNdArray } from '@asc/core';
import { fill, tidy } from '@tensorflow/tfjs-core';
import { createModel, type SceneModel } from '@asc/models';
import { namedWeights, oneHotTargets } from '@asc/train';
import type { BenchOptions } from './options.js';

type Size = Pick<BenchOptions, 'batch' | 'bands' | 'frames'>;

/** Fifteen scenes in three abstract classes, as esc-scenes has. */
export const LABELS = labelSpace(
  Array.from({ length: 15 }, (_, y) => `scene-${y}`),
  {
    abstract: Object.fromEntries(
      ['indoor', 'outdoor', 'transportation'].map((name, group) => [
        name,
        Array.from({ length: 5 }, (_, y) => `scene-${3 * y + group}`),
      ]),
    ),
  },
);

/** The networks `bench train` knows, with the batch of their publication's recipe (a quarter of it for the largest) and whether they learn abstract classes. */
export const TRAINING_NETWORKS: Readonly<Record<string, { readonly batch: number; readonly abstract: boolean }>> = {
  'amfm-small': { batch: 24, abstract: true },
  'clova2021-resnetse-mfm': { batch: 24, abstract: false },
  xin2022: { batch: 32, abstract: false },
  'shim2022-extended-mtl': { batch: 24, abstract: true },
  zhang2019: { batch: 64, abstract: false },
  'zhang2019-cmam': { batch: 16, abstract: false },
  dcase2024: { batch: 256, abstract: false },
};

/** amfm-small with the abstract branch, with the same fresh weights every time. */
export function amfmSmallNetwork({ bands, frames }: Size): SceneModel {
  return trainingNetwork('amfm-small', { bands, frames });
}

/** A preset for `LABELS`, with the same fresh weights every time; with its abstract branch where it can have one. */
export function trainingNetwork(
  preset: string,
  { bands, frames }: Partial<Pick<Size, 'bands' | 'frames'>>,
): SceneModel {
  const { abstract } = TRAINING_NETWORKS[preset] ?? { abstract: false };
  return createModel(preset, {
    seed: 1,
    classes: LABELS.scenes.length,
    abstractClasses: abstract ? LABELS.abstracts.length : 0,
    ...(bands === undefined ? {} : { bands }),
    ...(frames === undefined ? {} : { frames }),
  });
}

/** Shape (F, T, C) a network reads. */
export function mapShape({ training }: SceneModel): readonly [bands: number, frames: number, channels: number] {
  const [, bands, frames, channels] = training.inputs[0]?.shape ?? [];
  return [bands ?? 0, frames ?? 0, channels ?? 0];
}

/** Normal feature maps `x` (B, F, T, 1) and one-hot `scene` (B, 15) and `abstract` (B, 3): always the same. */
export function fixedBatch({ batch, bands, frames }: Size): NdArrays {
  const rng = createRng(1).split('bench');
  const x = ndArray('float32', [batch, bands, frames, 1], rng.fillNormal(new Float32Array(batch * bands * frames)));
  const scenes = Array.from({ length: batch }, () => LABELS.scenes[rng.integer(LABELS.scenes.length)] ?? '');
  return { x, ...oneHotTargets(LABELS, scenes) };
}

/** Every weight and statistic by name. */
export function weightsOf({ training }: SceneModel): NdArrays {
  return Object.fromEntries(
    namedWeights(training).map(({ name, variable }): [string, TypedNdArray<'float32'>] => [
      name,
      ndArray('float32', variable.shape, Float32Array.from(variable.dataSync())),
    ]),
  );
}

/**
 * Sets every running variance to 0.15. Fresh ones are 1, far above what fresh weights produce: the signal would die out on
 * its way, and the outputs would be equal whatever the layers do.
 */
export function keepSignalAlive({ training }: SceneModel): void {
  for (const { name, variable } of namedWeights(training)) {
    if (name.endsWith('/moving_variance')) tidy(() => variable.assign(fill(variable.shape, 0.15)));
  }
}

/** Normal numbers for a network's inputs beside its feature maps, by their names: always the same. */
export function furtherInputs({ training }: SceneModel, batch: number): NdArrays {
  const rng = createRng(2).split('bench');
  return Object.fromEntries(
    training.inputs.slice(1).map(({ name, shape }): [string, TypedNdArray<'float32'>] => {
      const own = [batch, ...shape.slice(1).map((size) => size ?? 1)];
      return [
        name,
        ndArray('float32', own, rng.fillNormal(new Float32Array(own.reduce((product, size) => product * size)))),
      ];
    }),
  );
}
