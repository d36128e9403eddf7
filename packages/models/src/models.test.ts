import { describe, expect, test } from '@jest/globals';
import { expectClose, seededDraws, useCpuBackend } from '@asc/testing';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { blueprint, createModel, listPresets } from './create-model.js';
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

describe('amfm-small', () => {
  test('has the published construction’s parameter counts', () => {
    const net = createModel('amfm-small');
    expect(complexity(net.deployed).parameters).toBe(64_593);
    expect(complexity(net.training).parameters).toBe(76_249);
    expect(net.outputs).toEqual(['scene', 'abstract']);
    expect(net.training.outputs.map((output) => output.shape)).toEqual([
      [null, 10],
      [null, 3],
    ]);
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
    const net = blueprint(preset.name);
    for (const { what, value } of preset.published.filter((figure) => figure.match === 'exact')) {
      const cost = complexity(what.includes('branch') ? net.training : net.deployed);
      const { bytes, macs } = cost.accounts.tflite;
      const norms = cost.layers.filter(({ name }) => /^block\d_norm$/.test(name));
      const others: Record<string, number> = {
        // A norm of 2C numbers becomes a bias of C.
        'parameters, norms of the blocks folded':
          cost.parameters - norms.reduce((sum, { parameters }) => sum + parameters / 2, 0),
        'stored numbers': net.deployed.countParams(),
        'bytes of TFLite': bytes,
        'MACs of TFLite for 1 s': macs,
      };
      expect(others[what] ?? (what.startsWith('MACs') ? cost.macs : cost.parameters)).toBe(value);
    }
  });

  test('bad input is refused with a way out', () => {
    expect(() => createModel('amfm-smal')).toThrow('Did you mean "amfm-small"?');
    expect(() => createModel('amfm-small', { class: 3 } as never)).toThrow('unknown key');
    expect(() => createModel('amfm-small', { classes: 0 })).toThrow('classes');
    expect(() => createModel('amfm-small', { bands: 2 })).toThrow('at least 7 bands');
    expect(() => createModel('amfm-small', { seed: -1 })).toThrow('seed');
    expect(() => createModel('dcase2024', { abstractClasses: 3 })).toThrow('no abstract branch');
    expect(() => createModel('tf-sepnet', { width: 6 })).toThrow('a multiple of 4');
  });
});
