import { describe, expect, test } from '@jest/globals';
import { checkLayer, seededDraws, useCpuBackend, type CheckedLayer, type LayerExpectations } from '@asc/testing';
import { input, type Shape } from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { AttentivePool } from './attentive-pool.js';
import { AverageOverAxis } from './average-over-axis.js';
import { AveragePool2D } from './average-pool2d.js';
import { BatchNorm } from './batch-norm.js';
import { ChannelGate } from './channel-gate.js';
import { ChannelShuffle } from './channel-shuffle.js';
import { ChannelSlice } from './channel-slice.js';
import { Conv2D } from './conv2d.js';
import { Dense } from './dense.js';
import { DepthwiseConv2D } from './depthwise-conv2d.js';
import { Dropout } from './dropout.js';
import { FlattenBands } from './flatten-bands.js';
import { GlobalAveragePool } from './global-average-pool.js';
import { LayerNorm } from './layer-norm.js';
import { GlobalResponseNorm } from './global-response-norm.js';
import { GroupLogSoftmax } from './group-log-softmax.js';
import { JointPrediction } from './joint-prediction.js';
import { MaxFeatureMap } from './max-feature-map.js';
import { MaxPool2D } from './max-pool2d.js';
import { MultiHeadAttention } from './multi-head-attention.js';
import { SinusoidalPositions } from './sinusoidal-positions.js';
import { ResidualNorm } from './residual-norm.js';
import { SpatialGate } from './spatial-gate.js';
import { subSpectralNorm } from './sub-spectral-norm.js';
import { CoordinateAttention } from './coordinate-attention.js';
import { DilatedDepthwiseCross } from './dilated-depthwise-cross.js';
import { FrequencyTimePool } from './frequency-time-pool.js';
import { HardSwish } from './hard-swish.js';
import { HiddenStateMask } from './hidden-state-mask.js';
import { SqueezeExcitation } from './squeeze-excitation.js';
import { AscLayer } from './asc-layer.js';
import * as published from './index.js';

await useCpuBackend();

/** Classes the harness was given. */
const harnessed = new Set<unknown>();
function harness(makeLayer: () => CheckedLayer, ...more: [number[][], LayerExpectations?]): Promise<void> {
  harnessed.add(makeLayer().constructor);
  return checkLayer(makeLayer, ...more);
}

/** Multiply–accumulates of a sliding window, counted one by one; a bias is one more per output. */
function countWindow(
  [bands, frames]: readonly [number, number],
  size: readonly [number, number],
  strides: readonly [number, number],
  padding: readonly [number, number, number, number],
  perTap: number,
  perOutput: number,
): number {
  let count = 0;
  for (let f = -padding[0]; f + size[0] <= bands + padding[1]; f += strides[0]) {
    for (let t = -padding[2]; t + size[1] <= frames + padding[3]; t += strides[1]) {
      for (let i = 0; i < size[0]; i++) for (let j = 0; j < size[1]; j++) count += perTap;
      count += perOutput;
    }
  }
  return count;
}

describe('every layer passes the harness', () => {
  test('MaxFeatureMap', async () => {
    const shapes = [
      [2, 3, 4, 6],
      [3, 8],
    ];
    await harness(() => new MaxFeatureMap({ name: 'mfm' }), shapes, { parameters: 0, macs: () => 0 });
  });

  test('Conv2D with asymmetric padding and strides', async () => {
    await harness(
      () =>
        new Conv2D({ name: 'conv', filters: 3, kernelSize: [3, 2], strides: [2, 1], padding: [1, 0, 2, 1], seed: 3 }),
      [[2, 5, 4, 2]],
      { parameters: 3 * 2 * 2 * 3 + 3, macs: () => countWindow([5, 4], [3, 2], [2, 1], [1, 0, 2, 1], 2 * 3, 3) },
    );
  });

  test('Conv2D without bias', async () => {
    await harness(
      () =>
        new Conv2D({ name: 'conv', filters: 4, kernelSize: 1, useBias: false, kernelLaw: 'kaiming-normal-fan-out' }),
      [[2, 3, 4, 3]],
      { parameters: 12, macs: () => countWindow([3, 4], [1, 1], [1, 1], [0, 0, 0, 0], 12, 0) },
    );
  });

  test('DepthwiseConv2D', async () => {
    await harness(
      () => new DepthwiseConv2D({ name: 'depth', kernelSize: 3, strides: [1, 2], padding: [1, 1, 1, 1] }),
      [[2, 5, 6, 3]],
      { parameters: 30, macs: () => countWindow([5, 6], [3, 3], [1, 2], [1, 1, 1, 1], 3, 3) },
    );
  });

  test('DepthwiseConv2D with two filters a channel', async () => {
    await harness(
      () => new DepthwiseConv2D({ name: 'depth', kernelSize: 3, strides: 2, depthMultiplier: 2, useBias: false }),
      [[2, 5, 6, 3]],
      { parameters: 54, macs: () => countWindow([5, 6], [3, 3], [2, 2], [0, 0, 0, 0], 6, 0) },
    );
  });

  test('GlobalResponseNorm', async () => {
    await harness(() => new GlobalResponseNorm({ name: 'grn' }), [[2, 3, 4, 5]], { parameters: 2, macs: () => 0 });
  });

  test('ResidualNorm', async () => {
    await harness(() => new ResidualNorm({ name: 'norm', lambda: 0.3 }), [[2, 3, 4, 5]], {
      parameters: 0,
      macs: () => 0,
    });
  });

  test('ChannelShuffle', async () => {
    await harness(() => new ChannelShuffle({ name: 'shuffle', groups: 2 }), [[2, 3, 4, 6]], {
      parameters: 0,
      macs: () => 0,
    });
  });

  test('ChannelSlice', async () => {
    await harness(() => new ChannelSlice({ name: 'slice', start: 1, size: 2 }), [[2, 3, 4, 5]], {
      parameters: 0,
      macs: () => 0,
    });
  });

  test.each(['frequency', 'time'] as const)('AverageOverAxis, %s', async (axis) => {
    await harness(() => new AverageOverAxis({ name: 'mean', axis }), [[2, 3, 4, 5]], { parameters: 0, macs: () => 0 });
  });

  test('Dense', async () => {
    await harness(() => new Dense({ name: 'dense', units: 4 }), [[3, 5]], { parameters: 24, macs: () => 24 });
    await harness(() => new Dense({ name: 'dense', units: 4, useBias: false }), [[3, 5]], { parameters: 20 });
  });

  test.each([
    { scale: true, center: true },
    { scale: false, center: true },
    { scale: true, center: false },
    { scale: false, center: false },
  ])('BatchNorm %o', async (options) => {
    const learnt = 3 * (Number(options.scale) + Number(options.center));
    const shapes = [
      [3, 4, 2, 3],
      [6, 3],
    ];
    await harness(() => new BatchNorm({ name: 'norm', ...options }), shapes, {
      parameters: learnt,
      macs: () => learnt,
    });
  });

  test('ChannelGate', async () => {
    await harness(() => new ChannelGate({ name: 'gate', reduction: 2 }), [[2, 3, 4, 6]], {
      parameters: 2 * 6 * 3 + 3 + 6,
      macs: () => 2 * (6 * 3 + 3 + 3 * 6 + 6),
    });
  });

  test('SpatialGate', async () => {
    await harness(() => new SpatialGate({ name: 'gate' }), [[2, 4, 5, 3]], {
      parameters: 100,
      macs: () => countWindow([4, 5], [7, 7], [1, 1], [3, 3, 3, 3], 2, 0) + 2,
    });
  });

  test('MaxPool2D', async () => {
    await harness(() => new MaxPool2D({ name: 'pool', poolSize: 2, ceilMode: true }), [[2, 5, 4, 2]], {
      parameters: 0,
      macs: () => 0,
    });
    await harness(() => new MaxPool2D({ name: 'pool', poolSize: [3, 2], strides: [2, 2] }), [[2, 7, 5, 2]]);
  });

  test('AveragePool2D', async () => {
    await harness(
      () => new AveragePool2D({ name: 'pool', poolSize: 3, strides: [1, 2], padding: [1, 1, 1, 1] }),
      [[2, 4, 5, 2]],
      { parameters: 0, macs: () => 0 },
    );
  });

  test('GlobalAveragePool', async () => {
    await harness(() => new GlobalAveragePool({ name: 'mean' }), [[2, 4, 5, 2]], { parameters: 0, macs: () => 0 });
  });

  test('Dropout', async () => {
    await harness(() => new Dropout({ name: 'drop', rate: 0.4 }), [[2, 4, 5, 2]], { parameters: 0, macs: () => 0 });
  });

  test('LayerNorm', async () => {
    const shapes = [
      [3, 5],
      [2, 3, 4],
    ];
    await harness(() => new LayerNorm({ name: 'norm' }), shapes, { macs: (shape) => 2 * shape.at(-1)! });
  });

  test('MultiHeadAttention', async () => {
    await harness(() => new MultiHeadAttention({ name: 'attention', heads: 2, innerSize: 6 }), [[2, 3, 4]], {
      parameters: 4 * 4 * 6,
      macs: () => 3 * (4 * 4 * 6) + 2 * 3 * 3 * 6,
    });
  });

  test('AttentivePool', async () => {
    await harness(() => new AttentivePool({ name: 'pool', heads: 2, units: 3 }), [[2, 4, 5]], {
      parameters: 5 * 3 + 3 * 2,
      macs: () => 4 * (5 * 3 + 3 * 2 + 2 * 5),
    });
  });

  test('SinusoidalPositions and FlattenBands', async () => {
    await harness(() => new SinusoidalPositions({ name: 'positions' }), [[2, 3, 5]], { parameters: 0, macs: () => 0 });
    await harness(() => new FlattenBands({ name: 'flatten' }), [[2, 3, 4, 2]], { parameters: 0, macs: () => 0 });
  });

  test('SqueezeExcitation', async () => {
    await harness(() => new SqueezeExcitation({ name: 'gate', reduction: 2 }), [[2, 3, 4, 6]], {
      parameters: 2 * 6 * 3 + 3 + 6,
      macs: () => 6 * 3 + 3 + 3 * 6 + 6,
    });
  });

  test('CoordinateAttention', async () => {
    await harness(() => new CoordinateAttention({ name: 'gate' }), [[2, 4, 5, 3]], {
      parameters: 3 * 3 * 8 + 8 + 2 * 3 + 2 * 8,
      macs: () => countWindow([4 + 5, 1], [1, 1], [1, 1], [0, 0, 0, 0], 2 * 3 * 8, 8 + 3) + 16,
      idleInTraining: ['gate/reduce_bias'],
    });
  });

  test('DilatedDepthwiseCross', async () => {
    await harness(() => new DilatedDepthwiseCross({ name: 'cross' }), [[2, 5, 4, 3]], {
      parameters: 18,
      macs: () => 2 * countWindow([5, 4], [3, 1], [1, 1], [1, 1, 0, 0], 3, 0),
    });
  });

  test('HardSwish', async () => {
    const shapes = [
      [2, 3, 4, 2],
      [3, 5],
    ];
    await harness(() => new HardSwish({ name: 'swish' }), shapes, { parameters: 0, macs: () => 0 });
  });

  test('FrequencyTimePool', async () => {
    await harness(() => new FrequencyTimePool({ name: 'pool' }), [[2, 4, 5, 2]], { parameters: 0, macs: () => 0 });
  });

  test.each(['zero', 'mix', 'cut'] as const)('HiddenStateMask %s', async (scheme) => {
    const layer = { name: 'mask', scheme, stripes: 2, maxBands: 3, maxFrames: 4 };
    await harness(() => new HiddenStateMask(layer), [[3, 5, 6, 2]], { parameters: 0, macs: () => 0 });
  });

  test('GroupLogSoftmax', async () => {
    const free = { parameters: 0, macs: () => 0 };
    await harness(() => new GroupLogSoftmax({ name: 'by', groupOf: [0, 1, 1, 0, 2] }), [[3, 5]], free);
  });

  test('JointPrediction', async () => {
    const free = { parameters: 0, macs: () => 0 };
    await harness(() => new JointPrediction({ name: 'joint', groupOf: [0, 1, 1, 0] }), [[3, 6]], free);
  });

  test('and no layer is left out', () => {
    const layers = Object.values(published).filter(
      (each) => (each as { prototype?: unknown }).prototype instanceof AscLayer,
    );
    expect(layers.length).toBeGreaterThan(8);
    expect(layers.filter((layer) => !harnessed.has(layer))).toEqual([]);
  });
});

describe('initial weights', () => {
  const weights = (seed: number, name: string): number[] => {
    const layer = new Conv2D({ name, filters: 8, kernelSize: 3, seed });
    layer.apply(input({ shape: [6, 6, 4] }));
    return layer.getWeights().flatMap((weight) => Array.from(weight.dataSync()));
  };

  test('depend on seed and name alone', () => {
    const first = weights(1, 'a');
    new Dense({ name: 'other', units: 3, seed: 1 }).apply(input({ shape: [5] }));
    expect(weights(1, 'a')).toEqual(first);
    expect(weights(2, 'a')).not.toEqual(first);
    expect(weights(1, 'b')).not.toEqual(first);
  });

  test('fill ±1/√fanIn', () => {
    const bound = 1 / Math.sqrt(3 * 3 * 4);
    const values = weights(1, 'a').map(Math.abs);
    expect(Math.max(...values)).toBeLessThanOrEqual(bound);
    expect(Math.max(...values)).toBeGreaterThan(0.95 * bound);
  });
});

describe('bad input is refused', () => {
  const apply = (layer: tf.serialization.Serializable, shape: Shape): unknown =>
    (layer as unknown as { apply: (x: unknown) => unknown }).apply(input({ shape }));

  test.each([
    ['unknown key', () => new Conv2D({ filters: 1, kernelSize: 1, kernalLaw: 'x' } as never), 'kernalLaw'],
    ['no filters', () => new Conv2D({ filters: 0, kernelSize: 1 }), 'filters'],
    ['three kernel sizes', () => new Conv2D({ filters: 1, kernelSize: [1, 2, 3] }), 'kernelSize'],
    ['two paddings', () => new Conv2D({ filters: 1, kernelSize: 1, padding: [1, 2] as never }), 'padding'],
    ['odd channels', () => apply(new MaxFeatureMap({ name: 'm' }), [2, 2, 3]), 'even number'],
    ['rank 3', () => apply(new Conv2D({ filters: 1, kernelSize: 1 }), [2, 3]), '(B, F, T, C)'],
    ['window too large', () => apply(new Conv2D({ filters: 1, kernelSize: 5 }), [3, 9, 1]), 'at least 5 bands'],
    ['unequal groups', () => apply(new ChannelShuffle({ name: 's', groups: 2 }), [2, 2, 3]), 'a multiple of 2'],
    ['missing channels', () => apply(new ChannelSlice({ name: 's', start: 2, size: 2 }), [2, 2, 3]), 'at least 4'],
    ['unknown axis', () => new AverageOverAxis({ axis: 'channel' as never }), 'axis'],
    ['unequal sub-bands', () => subSpectralNorm(input({ shape: [5, 2, 3] }), { name: 's', subBands: 2 }), '2 bands'],
    ['rate 1', () => new Dropout({ rate: 1 }), 'rate'],
    ['fractional seed', () => new Dense({ units: 1, seed: 0.5 }), 'seed'],
    ['a word for a flag', () => new BatchNorm({ scale: 'no' as never }), 'scale'],
    ['momentum 2', () => new BatchNorm({ momentum: 2 }), 'momentum'],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });

  test('a random layer in training without a source says what to pass', () => {
    const x = tf.ones([1, 4]);
    expect(() => new Dropout({ rate: 0.5, name: 'drop' }).apply(x, { training: true })).toThrow(
      'Call model.apply(x, { training: true, random }).',
    );
  });

  test('training statistics need two values a channel', () => {
    expect(() => new BatchNorm({ name: 'norm' }).apply(tf.ones([1, 4]), { training: true })).toThrow(
      'one value per channel',
    );
  });
});

test('dropout scales what it keeps and repeats for a seed', () => {
  const layer = new Dropout({ rate: 0.25, name: 'drop' });
  const x = tf.ones([100, 100]);
  const pass = (seed: number): Float32Array => {
    const random = seededDraws(seed);
    return layer.apply(x, { training: true, random }).dataSync() as Float32Array;
  };
  const values = pass(1);
  expect(new Set(values)).toEqual(new Set([0, Math.fround(4 / 3)]));
  expect(values.reduce((a, b) => a + b, 0) / 10_000).toBeCloseTo(1, 1);
  expect(pass(1)).toEqual(values);
  expect(pass(2)).not.toEqual(values);
});
