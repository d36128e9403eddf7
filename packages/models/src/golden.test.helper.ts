import { expect } from '@jest/globals';
import { expectClose, readGolden } from '@asc/testing';
import type { RandomSource } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import type { SceneModel } from './scene-model.js';

/** What the scripts golden/make/models*.py record of a network. */
export interface Golden {
  readonly shape: [number, number, number, number];
  readonly parameters: number;
  readonly sizes: Record<string, number[]>;
  readonly deployed: number[];
  readonly outputs: number[][];
  readonly labels: number[][];
  readonly loss: number;
  readonly dx: number[];
  readonly stem: string;
  readonly stem_gradient: number[];
  readonly gradients: Record<string, [number, number]>;
  readonly moved: Record<string, number[]>;
}

export function readModelGolden<G extends Golden>(name: string): G {
  return readGolden<G>(new URL(`../../../golden/models/${name}.json`, import.meta.url));
}

/** fmix32 of MurmurHash3 as a number in [0, 1): the formula golden/make/network_formula.py states. */
export function uniform(array: number, i: number): number {
  let h = (i + Math.imul(0x9e3779b9, array + 1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

export function formula(name: string, array: number, shape: readonly number[]): tf.Tensor {
  const kind = name.split('/').at(-1)!;
  const bound = Math.sqrt(3 / shape.slice(0, -1).reduce((a, b) => a * b, 1));
  const law = (u: number): number => {
    if (kind === 'gamma') return 1 + 0.4 * (u - 0.5);
    if (kind === 'moving_mean') return 0.2 * (u - 0.5);
    if (kind === 'moving_variance') return 0.5 + u;
    if (kind === 'beta' || kind.endsWith('bias')) return 0.4 * (u - 0.5);
    return (2 * u - 1) * bound;
  };
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => law(uniform(array, i))),
    [...shape],
  );
}

/** The formula's numbers for every draw: array −2 from its start. */
export const FORMULA_DRAWS: RandomSource<tf.Tensor> = {
  uniform: (shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tf.tensor(
      Float32Array.from({ length: size }, (_, i) => uniform(-2, i)),
      [...shape],
    );
  },
  normal: () => {
    throw new Error('No golden network draws normal numbers.');
  },
};

/** Within 1e-4 of the largest value: float32 on both sides, 20 layers deep, batch norms over few values. */
export function close(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  expectClose(actual, expected, { rtol: 0, atol: 1e-4 * largest + 1e-7, what });
}

function crossEntropy(logits: tf.Tensor, labels: number[]): tf.Tensor {
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(labels, logits.shape[1]!)), 1)));
}

/** Gives the network the golden weights; returns the golden input. */
export function fillWithFormula(net: SceneModel, golden: Golden): tf.Tensor {
  const all = net.training.weights;
  const names = all.map((weight) => weight.originalName).sort();
  expect(Object.fromEntries(all.map((weight) => [weight.originalName, weight.shape]))).toEqual(golden.sizes);
  for (const weight of all) {
    weight.write(formula(weight.originalName, names.indexOf(weight.originalName), weight.shape as number[]));
  }
  const size = golden.shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: size }, (_, i) => 4 * uniform(-1, i) - 2);
  return tf.tensor(values, golden.shape);
}

/** Deployed logits; then a training pass: outputs, loss 5 CE(scene) + CE(abstract), gradients, running statistics. */
export function expectGolden(net: SceneModel, golden: Golden): void {
  const x = fillWithFormula(net, golden);
  close((net.deployed.apply(x) as tf.Tensor).dataSync(), golden.deployed, 'deployed logits');

  const all = net.training.weights;
  const names = all.map((weight) => weight.originalName).sort();
  const weights = net.training.trainableWeights;
  let outputs: tf.Tensor[] = [];
  const loss = (...inputs: tf.Tensor[]): tf.Tensor => {
    const applied = net.training.apply(inputs[0]!, { training: true, random: FORMULA_DRAWS });
    outputs = [applied as tf.Tensor | tf.Tensor[]].flat().map(tf.keep);
    const parts = outputs.map((logits, i) => tf.mul(crossEntropy(logits, golden.labels[i]!), i === 0 ? 5 : 1));
    return tf.addN(parts);
  };
  const { value, grads } = tf.valueAndGrads(loss)([x, ...weights.map((weight) => weight.read() as tf.Variable)]);
  for (const [i, output] of outputs.entries()) close(output.dataSync(), golden.outputs[i]!, net.outputs[i]!);
  close(value.dataSync(), [golden.loss], 'loss');
  close(grads[0]!.dataSync(), golden.dx, 'input gradient');
  // What a norm all but cancels (a bias or a scale before it) is left with the rounding of the others.
  const floor = 2e-6 * Math.max(1, ...Object.values(golden.gradients).map(([norm]) => norm));
  for (const [i, weight] of weights.entries()) {
    const g = grads[i + 1]!.dataSync();
    if (weight.originalName === golden.stem) close(g, golden.stem_gradient, 'stem gradient');
    const [norm, inner] = golden.gradients[weight.originalName]!;
    const array = names.indexOf(weight.originalName);
    let squares = 0;
    let product = 0;
    for (let j = 0; j < g.length; j++) {
      squares += g[j]! ** 2;
      product += g[j]! * (2 * uniform(array, j) - 1);
    }
    const tolerance = { rtol: 0, atol: 2e-4 * norm + floor, what: `gradient of ${weight.originalName}` };
    expectClose([Math.sqrt(squares), product], [norm, inner], tolerance);
  }
  for (const weight of all) {
    const expected = golden.moved[weight.originalName];
    if (expected !== undefined) close(weight.read().dataSync(), expected, weight.originalName);
  }
}
