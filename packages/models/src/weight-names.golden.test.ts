import { ndArray, sizeOf, type NdArray } from '@asc/core';
import { readGolden, useCpuBackend } from '@asc/testing';
import { test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { createModel, findPreset } from './create-model.js';
import { close, uniform } from './golden.test.helper.js';
import { importWeights } from './import-weights.js';
import type { SceneModelConfig } from './scene-model.js';

await useCpuBackend();

interface Golden {
  readonly config: Partial<SceneModelConfig>;
  readonly shape: [number, number, number, number];
  /** Names and shapes of the authors' state dictionary. */
  readonly tensors: Readonly<Record<string, number[]>>;
  readonly logits: number[];
}

/** The law golden/make/weight_names.py states. */
function tensorOf(name: string, shape: readonly number[], k: number): NdArray {
  const bound = Math.sqrt(3 / sizeOf(shape.slice(1)));
  const law = (u: number): number => {
    if (name.endsWith('running_var')) return 0.5 + u;
    if (shape.length > 1) return (2 * u - 1) * bound;
    return /(weight|gamma)$/.test(name) ? 1 + 0.4 * (u - 0.5) : 0.4 * (u - 0.5);
  };
  return ndArray(
    'float32',
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => law(uniform(k, i))),
  );
}

test.each(['sp4asc', 'cp-mobile', 'tf-sepnet', 'shim2022-extended-mtl'])(
  '%s reads a PyTorch checkpoint under its authors’ names, and answers as PyTorch does',
  (name) => {
    const golden = readGolden<Golden>(new URL(`../../../golden/weights/${name}.names.json`, import.meta.url));
    const [, bands, frames] = golden.shape;
    const net = createModel(name, { ...golden.config, bands, frames });
    const entries = Object.entries(golden.tensors).map(([key, shape], k) => [key, tensorOf(key, shape, k)] as const);
    importWeights(net.training, Object.fromEntries(entries), findPreset(name).pytorchNames!(net.training));
    const x = Float32Array.from({ length: sizeOf(golden.shape) }, (_, i) => 4 * uniform(-1, i) - 2);
    close((net.deployed.apply(tf.tensor(x, golden.shape)) as tf.Tensor).dataSync(), golden.logits, 'logits');
  },
);
