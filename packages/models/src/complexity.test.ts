import { describe, expect, test } from '@jest/globals';
import { useCpuBackend } from '@asc/testing';
import { input, layers, model } from '@tensorflow/tfjs-layers';
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
    expect(cost.bytes).toEqual({ float32: 244_592, float16: 122_296, int8: 61_148 });
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
    ]);
    expect(verdicts[0]!.checks[0]).toEqual({ what: 'bytes', value: 244_592, limit: 128_000, overBy: 116_592 });
  });
});

describe('stock layers', () => {
  test('are priced by the table: the DCASE 2021 baseline has its 46,246 numbers', () => {
    const features = input({ shape: [40, 500, 1] });
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
    add(layers.maxPooling2d({ poolSize: [4, 100] }));
    add(layers.dropout({ rate: 0.3 }));
    add(layers.flatten());
    add(layers.dense({ units: 100, activation: 'relu' }));
    add(layers.dropout({ rate: 0.3 }));
    add(layers.dense({ units: 10, activation: 'softmax' }));
    const net = model({ inputs: features, outputs: x });
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
