import { describe, expect, test } from '@jest/globals';
import { useCpuBackend } from '@asc/testing';
import { input, layers, model, type LayersModel } from '@tensorflow/tfjs-layers';
import { complexity } from './complexity.js';
import { createModel } from './create-model.js';

await useCpuBackend();

/** Parameters and MACs of the published layer table (CPJKU/dcase2024_task1_baseline, README). */
const PUBLISHED: readonly (readonly [string, number, number])[] = [
  ['in1', 88, 304_144],
  ['in2', 2368, 2_506_816],
  ['b1_expand', 2176, 2_228_352],
  ['b1_depth', 704, 626_816],
  ['b1_project', 2112, 2_228_288],
  ['b2_expand', 2176, 2_228_352],
  ['b2_depth', 704, 626_816],
  ['b2_project', 2112, 2_228_288],
  ['b3_expand', 2176, 2_228_352],
  ['b3_depth', 704, 331_904],
  ['b3_project', 2112, 1_179_712],
  ['b4_expand', 2176, 1_179_776],
  ['b4_depth', 704, 166_016],
  ['b4_project', 3696, 1_032_304],
  ['b5_expand', 6960, 1_935_600],
  ['b5_depth', 1320, 311_280],
  ['b5_project', 6832, 1_935_472],
  ['b6_expand', 6960, 1_935_600],
  ['b6_depth', 1320, 311_280],
  ['b6_project', 12_688, 3_594_448],
  ['scores', 1040 + 20, 299_520 + 20],
];

describe('the DCASE 2024 baseline', () => {
  const cost = complexity(createModel('dcase2024').deployed);

  test('has its published totals', () => {
    expect(cost.parameters).toBe(61_148);
    expect(cost.macs).toBe(29_419_156);
    // 1354 channels of norms become INT32 biases: 4 bytes each instead of two numbers.
    expect(cost.bytes).toEqual({ float32: 244_592, float16: 122_296, int8: 61_148, 'int8+int32': 63_856 });
  });

  test.each(PUBLISHED)('row %s', (name, parameters, macs) => {
    const rows = cost.layers.filter((row) => [`${name}_conv`, `${name}_norm`].includes(row.name));
    expect(rows).toHaveLength(2);
    expect(rows.reduce((total, row) => total + row.parameters, 0)).toBe(parameters);
    expect(rows.reduce((total, row) => total + row.macs, 0)).toBe(macs);
  });

  test('meets the 2024 limits at 16 bits and misses them at 32', () => {
    const { verdicts } = complexity(createModel('dcase2024').deployed, { rule: 'dcase2024' });
    expect(verdicts.map(({ storage, passes }) => [storage, passes])).toEqual([
      ['float32', false],
      ['float16', true],
      ['int8', true],
      ['int8+int32', true],
    ]);
    expect(verdicts[0]!.checks[0]).toEqual({ what: 'bytes', value: 244_592, limit: 128_000, overBy: 116_592 });
  });
});

/** The network of the DCASE 2021 and 2022 baselines out of stock layers: only the map's length and its last pool differ. */
function baseline(frames: number, lastPool: number): LayersModel {
  const features = input({ shape: [40, frames, 1] });
  let x = features;
  const add = (layer: layers.Layer): void => {
    x = layer.apply(x) as typeof features;
  };
  const conv = (filters: number): void => {
    add(layers.conv2d({ filters, kernelSize: 7, padding: 'same' }));
    add(layers.batchNormalization());
    add(layers.activation({ activation: 'relu' }));
  };
  conv(16);
  conv(16);
  add(layers.maxPooling2d({ poolSize: [5, 5] }));
  add(layers.dropout({ rate: 0.3 }));
  conv(32);
  add(layers.maxPooling2d({ poolSize: [4, lastPool] }));
  add(layers.dropout({ rate: 0.3 }));
  add(layers.flatten());
  add(layers.dense({ units: 100, activation: 'relu' }));
  add(layers.dropout({ rate: 0.3 }));
  add(layers.dense({ units: 10, activation: 'softmax' }));
  return model({ inputs: features, outputs: x });
}

describe('the official accounts side by side', () => {
  test('give the DCASE 2022 baseline its published 46,512 bytes and 29,234,920 MACs', () => {
    const cost = complexity(baseline(51, 10));
    // Source: README of marmoi/dcase2022_task1_baseline, NeSsi's report of its INT8 TFLite file.
    expect(cost.accounts.tflite).toEqual({ bytes: 46_512, macs: 29_234_920 });
    expect(cost.accounts.torch).toEqual({ parameters: cost.parameters, macs: cost.macs });
    const pool = cost.layers.find((row) => row.kind === 'MaxPooling2D')!;
    expect([pool.macs, pool.tfliteMacs, pool.floatOps]).toEqual([0, 32_000, 32_000]);
  });

  test('halve the float operations of TensorFlow’s profiler for Keras', () => {
    const { accounts } = complexity(baseline(51, 10));
    // By the operation statistics of TensorFlow's own profiler: 2 per weight and position, 1 per biased number, the window per
    // pooled number, 5 per number of a softmax; fused norms and ReLU have no entry.
    const convs = 2 * (2040 * (784 + 12_544) + 80 * 25_088) + 2040 * 32 + 80 * 32;
    const pools = 80 * 16 * 25 + 2 * 32 * 40;
    const dense = 2 * (64 * 100 + 100 * 10) + 110 + 5 * 10;
    expect(accounts.keras).toEqual({ parameters: 46_246 - 2 * 64, macs: (convs + pools + dense) / 2 });
  });

  test('fold norms into the convolutions before them and no others', () => {
    const features = input({ shape: [4, 6, 2] });
    const conv = layers.conv2d({ filters: 3, kernelSize: 1, useBias: false }).apply(features);
    const folded = layers.batchNormalization().apply(conv);
    const pooled = layers.maxPooling2d({ poolSize: 2 }).apply(folded);
    const left = layers.batchNormalization().apply(pooled) as typeof features;
    const rows = complexity(model({ inputs: features, outputs: left })).layers;
    // 6 INT8 weights and 3 INT32 biases; nothing; an INT8 gain and shift a channel, one addition a number.
    expect(rows.map((row) => row.tfliteBytes)).toEqual([0, 6 + 12, 0, 0, 6]);
    expect(rows.map((row) => row.tfliteMacs)).toEqual([0, 24 * 6, 0, 6 * 3 * 4, 6 * 3]);
  });

  test('a convolution that two layers read keeps its norm apart', () => {
    const features = input({ shape: [2, 2, 1] });
    const conv = layers.conv2d({ filters: 2, kernelSize: 1 }).apply(features) as typeof features;
    const sum = layers.add().apply([conv, layers.batchNormalization().apply(conv) as typeof features]);
    const cost = complexity(model({ inputs: features, outputs: sum as typeof features }));
    expect(cost.accounts.tflite).toEqual({ bytes: 2 + 8 + 4, macs: 8 + 8 + 8 });
  });
});

describe('zeros', () => {
  test('are counted where asked for, and take no room where an edition says so', () => {
    const features = input({ shape: [2] });
    const dense = layers.dense({ units: 3, kernelInitializer: 'ones', biasInitializer: 'zeros' });
    const net = model({ inputs: features, outputs: dense.apply(features) as typeof features });
    const bytes = (nonZero: boolean, rule: string): number =>
      complexity(net, { nonZero, rule }).verdicts[0]!.checks[0]!.value;
    expect(complexity(net).nonZeroParameters).toBeUndefined();
    expect(complexity(net, { nonZero: true }).nonZeroParameters).toBe(6);
    expect([bytes(false, 'dcase2021'), bytes(true, 'dcase2021')]).toEqual([36, 24]);
    expect([bytes(false, 'dcase2024'), bytes(true, 'dcase2024')]).toEqual([36, 36]);
  });
});

describe('stock layers', () => {
  test('are priced by the table: the DCASE 2021 baseline has its 46,246 numbers', () => {
    const net = baseline(500, 100);
    const cost = complexity(net);
    // The published 46,246 counts running statistics (two per channel); parameters do not.
    expect(net.countParams()).toBe(46_246);
    expect(cost.parameters).toBe(46_246 - 2 * (16 + 16 + 32));
    const positions = 40 * 500 * (16 * 49 + 16 + 16 * 16 * 49 + 16) + 8 * 100 * (32 * 16 * 49 + 32);
    expect(cost.macs).toBe(positions + 2 * (16 + 16 + 32) + 65 * 100 + 101 * 10);
  });

  test('used twice pay MACs twice and parameters once', () => {
    const features = input({ shape: [4] });
    const dense = layers.dense({ units: 4 });
    const twice = dense.apply(dense.apply(features)) as typeof features;
    const cost = complexity(model({ inputs: features, outputs: twice }));
    expect([cost.parameters, cost.macs]).toEqual([20, 40]);
  });

  test('nobody knows are refused by name, and priced by an argument', () => {
    const features = input({ shape: [4, 4] });
    const rnn = layers.simpleRNN({ units: 2, recurrentInitializer: 'zeros' });
    const net = model({ inputs: features, outputs: rnn.apply(features) as typeof features });
    expect(() => complexity(net)).toThrow('SimpleRNN');
    const costs = { InputLayer: () => ({ macs: 0, statistics: 0 }), SimpleRNN: () => ({ macs: 7, statistics: 0 }) };
    expect(complexity(net, { costs }).macs).toBe(7);
  });

  test('a scene model is not one network', () => {
    expect(() => complexity(createModel('dcase2024') as never)).toThrow('pass `deployed` or `training`');
  });

  test('an unknown rule is refused', () => {
    expect(() => complexity(createModel('dcase2024').deployed, { rule: 'dcase1999' })).toThrow('rule');
  });
});
