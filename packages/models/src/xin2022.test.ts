import { describe, expect, test } from '@jest/globals';
import { seededDraws, useCpuBackend } from '@asc/testing';
import * as tf from '@tensorflow/tfjs-core';
import { complexity, type Complexity } from './complexity.js';
import { expectGolden, readModelGolden } from './golden.test.helper.js';
import { SP4ASC, sp4asc } from './sp4asc.js';
import { XIN_2022, XIN_2022_30MMAC, xin2022 } from './xin2022.js';

await useCpuBackend();

const TINY = { ...XIN_2022.config, bands: 32, frames: 32 };
/** tfjs takes half a minute at full width. */
const NARROW = [8, 12, 12, 12];

test.each([
  ['xin2022', xin2022],
  ['xin2022-30mmac', xin2022],
  ['sp4asc', sp4asc],
] as const)('%s equals PyTorch', (name, build) => {
  const golden = readModelGolden(name);
  expectGolden(build({ ...TINY, frames: golden.shape[2] }, NARROW), golden);
});

describe('cost', () => {
  const cost = (preset: typeof XIN_2022): Complexity => complexity(preset.build(preset.config).deployed);

  test('of xin2022: 75,562 parameters; 45.96 million MACs, and the biases of attention that torchinfo adds', () => {
    const { parameters, macs, layers } = cost(XIN_2022);
    expect(parameters).toBe(75_562);
    expect(macs).toBe(46_018_138);
    const attention = layers.filter((layer) => layer.kind === 'AscCoordinateAttention');
    expect(attention.map((layer) => layer.parameters)).toEqual([1688, 3352, 3352, 3352]);
    const rows = [256 + 44, 128 + 22, 64 + 11, 32 + 5];
    const biases = rows.reduce((sum, row, i) => sum + row * (8 + [64, 128, 128, 128][i]!), 0);
    expect(((macs - biases) / 1e6).toFixed(2)).toBe('45.96');
  });

  test('of xin2022-30mmac: the same weights within 30 million MACs', () => {
    const { parameters, macs } = cost(XIN_2022_30MMAC);
    expect(parameters).toBe(75_562);
    expect(macs).toBe(22_578_570);
    const shapes = (preset: typeof XIN_2022): unknown =>
      preset.build(preset.config).deployed.weights.map((weight) => [weight.originalName, weight.shape]);
    expect(shapes(XIN_2022_30MMAC)).toEqual(shapes(XIN_2022));
  });

  test('of sp4asc: 62,922 parameters, 62,474 with the norms of its blocks folded', () => {
    const { parameters, layers } = cost(SP4ASC);
    expect(parameters).toBe(62_922);
    // Behind a convolution a norm of 2C numbers becomes a bias of C.
    const norms = layers.filter((layer) => /^block\d_norm$/.test(layer.name));
    expect(norms).toHaveLength(4);
    const folded = norms.reduce((sum, norm) => sum + norm.parameters / 2, 0);
    expect(parameters - folded).toBe(SP4ASC.published[0]!.value);
    // The count with two norms a block and none over the bands, from which Xin et al. go on.
    const bands = layers.find(({ name }) => name === 'band_norm')!.parameters;
    expect(parameters - bands + 2 * folded).toBe(63_306);
  });
});

test('masks and dropout act in training alone, and follow the seed', () => {
  const net = xin2022({ ...TINY, bands: 16, frames: 16, seed: 1 }, NARROW);
  tf.tidy(() => {
    const x = tf.randomNormal([2, 16, 16, 1], 0, 1, 'float32', 1);
    const run = (kwargs: Record<string, unknown>): number[] =>
      Array.from((net.training.apply(x, kwargs) as tf.Tensor).dataSync());
    const trained = (seed: number): number[] => run({ training: true, random: seededDraws(seed) });
    expect(trained(1)).toEqual(trained(1));
    expect(trained(1)).not.toEqual(trained(2));
    expect(run({})).toEqual(run({ training: false }));
    expect(() => run({ training: true })).toThrow('given no source');
  });
});

test('masks hold zeros, mixtures or partners, or there are none, by an option of the network', () => {
  const trained = (hiddenMasks: 'none' | 'zero' | 'mix' | 'cut'): string => {
    const net = xin2022({ ...TINY, bands: 16, frames: 16, hiddenMasks }, NARROW);
    const masks = net.training.layers.filter((layer) => layer.getClassName() === 'AscHiddenStateMask');
    expect(masks).toHaveLength(hiddenMasks === 'none' ? 0 : 5);
    expect(net.training.countParams()).toBe(xin2022({ ...TINY, bands: 16, frames: 16 }, NARROW).training.countParams());
    return tf.tidy(() => {
      const x = tf.randomNormal([3, 16, 16, 1], 0, 1, 'float32', 1);
      const logits = net.training.apply(x, { training: true, random: seededDraws(4) }) as tf.Tensor;
      return Array.from(logits.dataSync()).join();
    });
  };
  expect(new Set((['none', 'zero', 'mix', 'cut'] as const).map(trained)).size).toBe(4);
});

test('bad input is refused', () => {
  expect(() => xin2022({ ...TINY, hiddenMasks: 'noise' as never })).toThrow('"none", "zero", "mix", "cut"');
  expect(() => xin2022({ ...TINY, abstractClasses: 3 })).toThrow('no abstract branch');
  expect(() => sp4asc({ ...TINY, frames: 15 })).toThrow('at least 2 frames');
});
