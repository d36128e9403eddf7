import { describe, expect, test } from '@jest/globals';
import { tau2020Labels } from '@asc/core';
import { expectClose, seededDraws, useCpuBackend } from '@asc/testing';
import * as tf from '@tensorflow/tfjs-core';
import { complexity } from './complexity.js';
import { blueprint, createModel, listPresets } from './create-model.js';
import { close, expectGolden, fillWithFormula, readModelGolden, type Golden } from './golden.test.helper.js';
import { predictJointly } from './predict-jointly.js';
import { preTraining } from './pre-training.js';

await useCpuBackend();

const { abstractOf } = tau2020Labels();
const SMALL = { bands: 22, frames: 22, width: 4 };
const NAMES = listPresets()
  .map((preset) => preset.name)
  .filter((name) => name.startsWith('shim2022'));

test.each(NAMES)('%s equals PyTorch: outputs, loss, gradients, running statistics', (name) => {
  tf.tidy(() => expectGolden(createModel(name, SMALL), readModelGolden(name)));
});

test.each([
  ['shim2022', 1_532_079],
  ['shim2022-relu', 765_978],
  ['shim2022-relu-attention', 767_359],
  ['shim2022-leaky-relu', 765_978],
  ['shim2022-leaky-relu-attention', 767_359],
  ['shim2022-mfm', 1_530_698],
  ['shim2022-mfm-attention', 1_532_079],
  ['shim2022-conventional-mtl', 1_532_322, 1_532_079],
  ['shim2022-separated-classifier', 1_532_322],
  ['shim2022-sequential-mtl', 697_585, 236_282],
  ['shim2022-extended-mtl', 624_192, 381_684],
])('%s has %i parameters', (name, training, deployed = training) => {
  // 250 frames are 5 s after pre-emphasis; they pool to the sizes of the published 251.
  const net = blueprint(name, name.endsWith('mtl') ? { frames: 250 } : {});
  expect(complexity(net.training).parameters).toBe(training);
  expect(complexity(net.deployed).parameters).toBe(deployed);
});

describe('joint prediction', () => {
  test.each(['shim2022-extended-mtl', 'shim2022-sequential-mtl'])('of %s equals PyTorch', (name) => {
    tf.tidy(() => {
      const golden = readModelGolden<Golden & { joint: number[] }>(name);
      const net = createModel(name, SMALL);
      const x = fillWithFormula(net, golden);
      close(tf.softmax(predictJointly(net, abstractOf).apply(x) as tf.Tensor).dataSync(), golden.joint, 'joint');
    });
  });

  test('needs an abstract branch', () => {
    expect(() => predictJointly(createModel('shim2022', SMALL), abstractOf)).toThrow('shim2022-extended-mtl');
  });

  test('is refused where it is built in', () => {
    const net = createModel('shim2022-separated-classifier', SMALL);
    expect(() => predictJointly(net, abstractOf)).toThrow('predicts jointly as it is');
  });

  test('needs an abstract class for every scene', () => {
    expect(() => predictJointly(createModel('shim2022-extended-mtl', SMALL), [0, 1, 2])).toThrow('expected (6)');
  });
});

describe('pre-training', () => {
  test('passes on everything but the output layer', () => {
    tf.tidy(() => {
      const { abstract, scene, transfer } = preTraining('shim2022', 3, { ...SMALL, seed: 5 });
      const x = tf.randomNormal([2, 22, 22, 1], 0, 1, 'float32', 1);
      abstract.training.apply(x, { training: true, random: seededDraws(1) });
      for (const weight of abstract.training.trainableWeights) weight.write(tf.mul(weight.read(), 1.5));
      transfer();
      const of = (net: typeof abstract): Map<string, number[]> =>
        new Map(net.deployed.weights.map((weight) => [weight.originalName, Array.from(weight.read().dataSync())]));
      const [learnt, moved, fresh] = [of(abstract), of(scene), of(createModel('shim2022', { ...SMALL, seed: 5 }))];
      for (const [name, values] of moved) {
        expect(values).toEqual(name.startsWith('scene/') ? fresh.get(name) : learnt.get(name));
      }
      expect((abstract.deployed.apply(x) as tf.Tensor).shape).toEqual([2, 3]);
      expect((scene.deployed.apply(x) as tf.Tensor).shape).toEqual([2, 10]);
    });
  });
});

test('the separated classifier’s scene logits are a distribution, each abstract class as likely as its own output', () => {
  tf.tidy(() => {
    const net = createModel('shim2022-separated-classifier', SMALL);
    const x = tf.randomNormal([3, 22, 22, 1], 0, 1, 'float32', 2);
    const [scene, abstract] = net.training.apply(x) as tf.Tensor[];
    const probabilities = tf.exp(scene!).arraySync() as number[][];
    const summed = probabilities.map((row) =>
      [0, 1, 2].map((a) => row.reduce((total, p, c) => total + (abstractOf[c] === a ? p : 0), 0)),
    );
    expectClose(summed.flat(), tf.softmax(abstract!).dataSync(), { rtol: 1e-4, atol: 1e-6 });
  });
});

test('bad configurations are refused with a way out', () => {
  expect(() => createModel('shim2022', { abstractClasses: 3 })).toThrow('no abstract branch');
  expect(() => createModel('shim2022-separated-classifier', { classes: 4 })).toThrow('Pass abstractOf');
  expect(() => createModel('shim2022-separated-classifier', { abstractClasses: 0 })).toThrow('abstract class');
  expect(() => createModel('shim2022', { width: 5 })).toThrow('even');
  expect(() => createModel('shim2022', { abstractOf } as never)).toThrow('unknown key');
  expect(() => createModel('shim2022-separated-classifier', { abstractOf: null as never })).toThrow('Pass abstractOf');
  const four = { classes: 4, abstractClasses: 2, abstractOf: [0, 1, 1, 0], ...SMALL };
  expect(createModel('shim2022-separated-classifier', four).deployed.outputs[0]!.shape).toEqual([null, 4]);
});
