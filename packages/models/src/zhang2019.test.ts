import { describe, expect, test } from '@jest/globals';
import { expectClose, readGolden, useCpuBackend } from '@asc/testing';
import * as tf from '@tensorflow/tfjs-core';
import { complexity } from './complexity.js';
import { blueprint, createModel } from './create-model.js';
import { close, formula, uniform } from './golden.test.helper.js';
import type { SceneModelConfig } from './scene-model.js';

await useCpuBackend();

interface Golden {
  readonly config: Partial<SceneModelConfig>;
  readonly shapes: [number, number, number, number][];
  readonly training: boolean;
  readonly parameters: number;
  readonly sizes: Record<string, number[]>;
  readonly deployed: number[];
  readonly loss: number;
  readonly dx: number[][];
  readonly gradients: Record<string, [number, number]>;
}

const ENCODERS = ['', '-2d'].flatMap((suffix) =>
  ['', '-vfm', '-jrm', '-cmam'].map((kind) => `zhang2019${kind}${suffix}`),
);

test.each([...ENCODERS, 'vggish', 'vggish-aed'])('%s equals PyTorch: output, loss and gradients', (name) => {
  const golden = readGolden<Golden>(new URL(`../../../golden/models/${name}.json`, import.meta.url));
  const [, bands, frames] = golden.shapes[0]!;
  const net = createModel(name, { ...golden.config, bands, frames });
  const all = net.training.weights;
  const names = all.map((weight) => weight.originalName).sort();
  expect(Object.fromEntries(all.map((weight) => [weight.originalName, weight.shape]))).toEqual(golden.sizes);
  expect(complexity(net.training).parameters).toBe(golden.parameters);
  for (const weight of all) {
    weight.write(formula(weight.originalName, names.indexOf(weight.originalName), weight.shape as number[]));
  }
  const inputs = golden.shapes.map((shape, k) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tf.tensor(
      Float32Array.from({ length: size }, (_, i) => 4 * uniform(-1 - k, i) - 2),
      shape,
    );
  });
  const apply = (model: typeof net.training, maps: tf.Tensor[], training: boolean): tf.Tensor =>
    model.apply(maps.length === 1 ? maps[0]! : maps, { training }) as tf.Tensor;
  close(apply(net.deployed, inputs, false).dataSync(), golden.deployed, 'deployed output');

  const weights = net.training.trainableWeights;
  const loss = (...tensors: tf.Tensor[]): tf.Tensor => {
    const logits = apply(net.training, tensors.slice(0, inputs.length), golden.training);
    const [batch, classes] = logits.shape as [number, number];
    const labels = Array.from({ length: batch }, (_, i) => (3 * i) % classes);
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(labels, classes)), 1)));
  };
  const { value, grads } = tf.valueAndGrads(loss)([
    ...inputs,
    ...weights.map((weight) => weight.read() as tf.Variable),
  ]);
  close(value.dataSync(), [golden.loss], 'loss');
  // A bias before a batch norm has no gradient: what is there is rounding of the gradients around it.
  const steepest = Math.max(...Object.values(golden.gradients).map(([norm]) => norm));
  for (const [i, dx] of golden.dx.entries()) close(grads[i]!.dataSync(), dx, `gradient by input ${i}`);
  for (const [i, weight] of weights.entries()) {
    const g = Array.from(grads[inputs.length + i]!.dataSync());
    const [norm, inner] = golden.gradients[weight.originalName]!;
    const array = names.indexOf(weight.originalName);
    const product = g.reduce((sum, value, j) => sum + value * (2 * uniform(array, j) - 1), 0);
    const own = Math.sqrt(g.reduce((sum, value) => sum + value ** 2, 0));
    const tolerance = { rtol: 0, atol: 2e-4 * norm + 1e-5 * steepest, what: `gradient of ${weight.originalName}` };
    expectClose([own, product], [norm, inner], tolerance);
  }
});

describe('at full width', () => {
  const cost = (name: string) => complexity(blueprint(name).deployed);
  const encoder = (name: string, prefix = 'encoder_'): number =>
    cost(name)
      .layers.filter((layer) => layer.name.startsWith(prefix))
      .reduce((sum, layer) => sum + layer.parameters, 0);

  test('the encoders have the counts of their readings', () => {
    expect(encoder('zhang2019')).toBe(531_264);
    expect(encoder('zhang2019-2d')).toBe(1_551_744);
    expect(encoder('zhang2019-cmam')).toBe(531_264);
    expect(encoder('zhang2019-jrm') + encoder('zhang2019-jrm', 'vggish_encoder_')).toBe(23_119_488);
  });

  test('VGGish has 72,141,184 parameters, and a head of 527 events 67,983 more', () => {
    expect(cost('vggish').parameters).toBe(72_141_184);
    expect(cost('vggish-aed').parameters).toBe(72_141_184 + 67_983);
  });

  test('nothing is drawn for a blueprint', () => {
    const { deployed } = blueprint('zhang2019', { frames: 20 });
    const conv = deployed.getLayer('encoder_1_conv').getWeights();
    expect(conv.flatMap((weight) => Array.from(weight.dataSync())).every((value) => value === 0)).toBe(true);
    expect(() => blueprint('zhang2019', { seed: 3 } as never)).toThrow('seed');
  });

  test('ten embeddings survive seven pools', () => {
    expect(blueprint('zhang2019-jrm').deployed.getLayer('vggish_encoder_7_pool').outputShape).toEqual([
      null,
      1,
      1,
      2048,
    ]);
  });
});

test('bad input is refused with a way out', () => {
  expect(() => createModel('zhang2019', { width: 0, frames: 20 })).toThrow('width');
  expect(() => createModel('zhang2019-cmam', { width: 2, frames: 20, embeddings: 0 })).toThrow('embeddings');
  expect(() => createModel('zhang2019', { width: 2, embeddings: 3 })).toThrow('unknown key');
  expect(() => createModel('vggish', { width: 1, abstractClasses: 3 })).toThrow('no abstract branch');
});
