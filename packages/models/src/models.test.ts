import { describe, expect, test } from '@jest/globals';
import { expectClose, readGolden, seededDraws, useCpuBackend } from '@asc/testing';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { createModel, listPresets } from './create-model.js';
import { complexity } from './complexity.js';

await useCpuBackend();

test('the example of the README', () => {
  const net = createModel('amfm-small', { bands: 16, frames: 8 });
  const logits = net.deployed.apply(tf.zeros([1, 16, 8, 1])) as tf.Tensor;
  const cost = complexity(net.deployed, { rule: 'dcase2021' });
  expect(logits.shape).toEqual([1, 10]);
  expect(cost.parameters).toBe(64_593);
  expect(cost.verdicts.map((v) => `${v.storage}: ${v.passes}`)).toEqual([
    'float32: false',
    'float16: true',
    'int8: true',
  ]);
});

/** fmix32 of MurmurHash3 as a number in [0, 1): the formula golden/make/models.py states. */
function uniform(array: number, i: number): number {
  let h = (i + Math.imul(0x9e3779b9, array + 1)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

function formula(name: string, array: number, shape: readonly number[]): tf.Tensor {
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

describe('amfm-small', () => {
  const golden = readGolden<{
    shape: number[];
    parameters: number;
    sizes: Record<string, number[]>;
    deployed: number[];
    scene: number[];
    abstract: number[];
    loss: number;
    dx: number[];
    'stem gradient': number[];
    gradients: Record<string, [number, number]>;
    moved: Record<string, number[]>;
  }>(new URL('../../../golden/models/amfm-small.json', import.meta.url));

  test('has the published construction’s parameter counts', () => {
    const net = createModel('amfm-small');
    expect(complexity(net.deployed).parameters).toBe(64_593);
    expect(complexity(net.training).parameters).toBe(76_249);
    expect(complexity(net.training).parameters).toBe(golden.parameters);
    expect(net.outputs).toEqual(['scene', 'abstract']);
    expect(net.training.outputs.map((output) => output.shape)).toEqual([
      [null, 10],
      [null, 3],
    ]);
  });

  /**
   * Both sides compute in float32, 20 layers deep with five batch norms over few values; 1e-4 of the largest value is some
   * hundred roundings.
   */
  test('equals PyTorch: outputs, loss, gradients, running statistics', () => {
    const [batch, bands, frames] = golden.shape as [number, number, number, number];
    const net = createModel('amfm-small', { bands, frames });
    const names = net.training.weights.map((weight) => weight.originalName).sort();
    expect(Object.fromEntries(net.training.weights.map((w) => [w.originalName, w.shape]))).toEqual(golden.sizes);
    for (const weight of net.training.weights) {
      weight.write(formula(weight.originalName, names.indexOf(weight.originalName), weight.shape as number[]));
    }
    const values = Float32Array.from({ length: batch * bands * frames }, (_, i) => 4 * uniform(-1, i) - 2);
    const x = tf.tensor(values, golden.shape);
    const close = (actual: ArrayLike<number>, expected: number[], what: string): void => {
      const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      expectClose(actual, expected, { rtol: 0, atol: 1e-4 * largest + 1e-7, what });
    };
    close((net.deployed.apply(x) as tf.Tensor).dataSync(), golden.deployed, 'deployed logits');

    const crossEntropy = (logits: tf.Tensor, labels: number[]): tf.Tensor =>
      tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(labels, logits.shape[1]!)), 1)));
    const weights = net.training.trainableWeights;
    let outputs: tf.Tensor[] = [];
    const loss = (...inputs: tf.Tensor[]): tf.Tensor => {
      outputs = (net.training.apply(inputs[0]!, { training: true }) as tf.Tensor[]).map((output) => tf.keep(output));
      return tf.add(tf.mul(crossEntropy(outputs[0]!, [3, 7]), 5), crossEntropy(outputs[1]!, [0, 2]));
    };
    const { value, grads } = tf.valueAndGrads(loss)([x, ...weights.map((weight) => weight.read() as tf.Variable)]);
    close(outputs[0]!.dataSync(), golden.scene, 'scene logits');
    close(outputs[1]!.dataSync(), golden.abstract, 'abstract logits');
    close(value.dataSync(), [golden.loss], 'loss');
    close(grads[0]!.dataSync(), golden.dx, 'input gradient');
    close(grads[1]!.dataSync(), golden['stem gradient'], 'stem gradient');
    for (const [i, weight] of weights.entries()) {
      const g = grads[i + 1]!.dataSync();
      const [norm, inner] = golden.gradients[weight.originalName]!;
      const array = names.indexOf(weight.originalName);
      let squares = 0;
      let product = 0;
      for (let j = 0; j < g.length; j++) {
        squares += g[j]! ** 2;
        product += g[j]! * (2 * uniform(array, j) - 1);
      }
      const tolerance = { rtol: 0, atol: 2e-4 * norm + 1e-6, what: `gradient of ${weight.originalName}` };
      expectClose([Math.sqrt(squares), product], [norm, inner], tolerance);
    }
    for (const weight of net.training.weights) {
      const expected = golden.moved[weight.originalName];
      if (expected !== undefined) close(weight.read().dataSync(), expected, weight.originalName);
    }
  });

  test('starts near chance with finite activations', () => {
    const net = createModel('amfm-small', { bands: 16, frames: 8, seed: 7 });
    tf.tidy(() => {
      const x = tf.randomNormal([4, 16, 8, 1], 0, 1, 'float32', 1);
      const [scene] = net.training.apply(x, { training: true, random: seededDraws(1) }) as tf.Tensor[];
      const entropy = tf.mean(tf.neg(tf.mean(tf.logSoftmax(scene!), 1)));
      expect(entropy.dataSync()[0]).toBeGreaterThan(Math.log(10) * 0.95);
      expect(entropy.dataSync()[0]).toBeLessThan(Math.log(10) * 1.6);
      const deployed = tf.softmax(net.deployed.apply(x) as tf.Tensor).dataSync();
      expect(Math.max(...deployed)).toBeLessThan(0.3);
    });
  });

  test('permuting a batch permutes the predictions', () => {
    const net = createModel('amfm-small', { bands: 16, frames: 8, seed: 2 });
    tf.tidy(() => {
      const x = tf.randomNormal([3, 16, 8, 1], 0, 1, 'float32', 5);
      const order = [2, 0, 1];
      const direct = tf.gather(net.deployed.apply(x) as tf.Tensor, order);
      const permuted = net.deployed.apply(tf.gather(x, order)) as tf.Tensor;
      expectClose(permuted.dataSync(), direct.dataSync(), { rtol: 1e-6, atol: 1e-6 });
    });
  });

  test('survives saving and loading, both outputs', async () => {
    const net = createModel('amfm-small', { bands: 16, frames: 8, seed: 2 });
    let saved: tf.io.ModelArtifacts | undefined;
    await net.training.save(
      tf.io.withSaveHandler((artifacts) => {
        saved = artifacts;
        return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) });
      }),
    );
    const loaded = await loadLayersModel(tf.io.fromMemory(saved!));
    const x = tf.ones([1, 16, 8, 1]);
    const values = (outputs: tf.Tensor[]): number[][] => outputs.map((output) => Array.from(output.dataSync()));
    expect(values(loaded.apply(x) as tf.Tensor[])).toEqual(values(net.training.apply(x) as tf.Tensor[]));
    expect(loaded.layers.map((layer) => layer.name)).toEqual(net.training.layers.map((layer) => layer.name));
  });

  test('has equal weights for equal seeds, whatever was built before', () => {
    const first = createModel('amfm-small', { bands: 16, frames: 8, seed: 3 });
    createModel('dcase2024', { seed: 3 });
    const second = createModel('amfm-small', { bands: 64, frames: 24, seed: 3, abstractClasses: 0 });
    const other = createModel('amfm-small', { bands: 16, frames: 8, seed: 4 });
    const values = (net: typeof first): Map<string, string> =>
      new Map(net.deployed.weights.map((w) => [w.originalName, Array.from(w.read().dataSync()).join()]));
    expect(values(second)).toEqual(values(first));
    expect(values(other).get('stem_conv/kernel')).not.toBe(values(first).get('stem_conv/kernel'));
  });
});

describe('presets', () => {
  test.each(listPresets().map((preset) => [preset.name, preset] as const))('%s has its exact figures', (_, preset) => {
    const cost = complexity(preset.build(preset.config).deployed);
    for (const figure of preset.published.filter((f) => f.match === 'exact')) {
      expect(figure.what.startsWith('MACs') ? cost.macs : cost.parameters).toBe(figure.value);
    }
  });

  test('bad input is refused with a way out', () => {
    expect(() => createModel('amfm-smal')).toThrow('Did you mean "amfm-small"?');
    expect(() => createModel('amfm-small', { class: 3 } as never)).toThrow('unknown key');
    expect(() => createModel('amfm-small', { classes: 0 })).toThrow('classes');
    expect(() => createModel('amfm-small', { bands: 2 })).toThrow('at least 7 bands');
    expect(() => createModel('amfm-small', { seed: -1 })).toThrow('seed');
    expect(() => createModel('dcase2024', { abstractClasses: 3 })).toThrow('no abstract branch');
  });
});
