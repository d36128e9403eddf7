import { describe, expect, test } from '@jest/globals';
import { checkLayer, expectClose, seededDraws, useCpuBackend } from '@asc/testing';
import * as tf from '@tensorflow/tfjs-core';
import { input, model, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import {
  attentiveMaxFeatureMap,
  BatchNorm,
  cbam,
  Conv2D,
  Dense,
  Dropout,
  GlobalAveragePool,
  MaxFeatureMap,
  MaxPool2D,
} from './index.js';

await useCpuBackend();

test('the example of the README', () => {
  const features = input({ shape: [64, 50, 1] });
  let x = new Conv2D({ name: 'stem', filters: 16, kernelSize: 3, padding: [1, 1, 1, 1], seed: 1 }).apply(features);
  x = new MaxFeatureMap({ name: 'mfm' }).apply(x);
  x = attentiveMaxFeatureMap(x, { name: 'attention', reduction: 4, seed: 1 });
  x = new MaxPool2D({ name: 'pool', poolSize: 2, ceilMode: true }).apply(x);
  x = new BatchNorm({ name: 'norm' }).apply(x);
  x = new Dropout({ name: 'drop', rate: 0.2 }).apply(x);
  x = new GlobalAveragePool().apply(x);
  const net = model({ inputs: features, outputs: new Dense({ units: 10, seed: 1 }).apply(x) });

  const logits = net.apply(tf.zeros([2, 64, 50, 1])) as tf.Tensor;
  expect(logits.shape).toEqual([2, 10]);
  expect((net.apply(tf.zeros([2, 64, 50, 1]), { training: true, random: seededDraws(1) }) as tf.Tensor).shape).toEqual([
    2, 10,
  ]);
});

describe('frozen statistics', () => {
  const build = (): { net: LayersModel; norm: BatchNorm } => {
    const x = input({ shape: [3, 4, 8] });
    const norm = new BatchNorm({ name: 'norm' });
    const gated = cbam(norm.apply(x), { name: 'gate' });
    return { net: model({ inputs: x, outputs: gated }), norm };
  };
  const statistics = (net: LayersModel): number[] =>
    net.weights.filter((w) => w.originalName.includes('moving')).flatMap((w) => Array.from(w.read().dataSync()));
  const batch = tf.randomNormal([4, 3, 4, 8], 3, 2, 'float32', 1);

  test('move in training only', () => {
    const { net } = build();
    const before = statistics(net);
    net.apply(batch);
    net.apply(batch, { training: false });
    expect(statistics(net)).toEqual(before);
    net.apply(batch, { training: true });
    expect(statistics(net)).not.toEqual(before);
  });

  test('of a frozen layer stay, and its output is that of inference', () => {
    const { net, norm } = build();
    norm.trainable = false;
    const before = Array.from(norm.getWeights().flatMap((w) => Array.from(w.dataSync())));
    const inference = norm.apply(batch);
    const training = norm.apply(batch, { training: true });
    net.apply(batch, { training: true });
    expect(Array.from(norm.getWeights().flatMap((w) => Array.from(w.dataSync())))).toEqual(before);
    expect(training.dataSync()).toEqual(inference.dataSync());
  });

  test('of a frozen model stay', () => {
    const { net } = build();
    net.trainable = false;
    const before = statistics(net);
    net.apply(batch, { training: true });
    expect(statistics(net)).toEqual(before);
  });
});

test('call arguments reach the layers of a model inside a model', () => {
  const inner = input({ shape: [50] });
  const dropping = model({
    inputs: inner,
    outputs: new Dropout({ name: 'drop', rate: 0.5 }).apply(inner),
  });
  const outer = input({ shape: [50] });
  const net = model({ inputs: outer, outputs: dropping.apply(outer) as SymbolicTensor });
  const x = tf.ones([2, 50]);
  const values = (net.apply(x, { training: true, random: seededDraws(1) }) as tf.Tensor).dataSync();
  expect(new Set(values)).toEqual(new Set([0, 2]));
  expect(() => net.apply(x, { training: true })).toThrow('random');
  expect(new Set((net.apply(x) as tf.Tensor).dataSync())).toEqual(new Set([1]));
});

test('a frozen batch norm passes gradients through its running statistics', async () => {
  await checkLayer(() => new BatchNorm({ name: 'norm', trainable: false }), [[2, 3, 2, 3]]);
});

describe('laws', () => {
  const settings = { seed: 7, numRuns: 15 };

  test('a max feature map of x beside x is x', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 6 }), (row) =>
        tf.tidy(() => {
          const x = tf.tensor2d([row]);
          const y = new MaxFeatureMap().apply(tf.concat([x, x], 1));
          expectClose(y.dataSync(), x.dataSync(), { rtol: 0, atol: 0 });
        }),
      ),
      settings,
    );
  });

  test('a batch normalised in training has mean β and standard deviation |γ|', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.double({ min: -4, max: 4, noNaN: true }),
        fc.double({ min: 0.5, max: 3 }),
        (seed, shift, scale) =>
          tf.tidy(() => {
            const x = tf.add(tf.mul(tf.randomNormal([5, 3, 4, 2], 0, 1, 'float32', seed), scale), shift);
            const y = new BatchNorm().apply(x, { training: true });
            const { mean, variance } = tf.moments(y, [0, 1, 2]);
            expectClose(mean.dataSync(), [0, 0], { atol: 1e-5 });
            expectClose(variance.dataSync(), [1, 1], { atol: 1e-3 });
          }),
      ),
      settings,
    );
  });

  test('a ceil-mode pool halves any size upwards and keeps the largest value', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 9 }), (bands, frames) =>
        tf.tidy(() => {
          // All negative: padding that counted as zero would win.
          const x = tf.sub(tf.randomUniform([1, bands, frames, 1], 0, 1, 'float32', 1), 5);
          const y = new MaxPool2D({ poolSize: 2, ceilMode: true }).apply(x);
          expect(y.shape).toEqual([1, Math.ceil(bands / 2), Math.ceil(frames / 2), 1]);
          expect(tf.max(y).dataSync()).toEqual(tf.max(x).dataSync());
        }),
      ),
      settings,
    );
  });
});

test('sizes may stay open', () => {
  const x = input({ shape: [null, null, 2] });
  const y = new MaxPool2D({ poolSize: 2, ceilMode: true }).apply(
    new Conv2D({ filters: 3, kernelSize: 3, padding: 'same' }).apply(x),
  );
  const net = model({ inputs: x, outputs: y });
  expect((net.apply(tf.zeros([1, 5, 7, 2])) as tf.Tensor).shape).toEqual([1, 3, 4, 3]);
  expect((net.apply(tf.zeros([2, 4, 3, 2])) as tf.Tensor).shape).toEqual([2, 2, 2, 3]);
});
