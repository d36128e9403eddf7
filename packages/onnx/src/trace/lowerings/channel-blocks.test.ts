import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { channelBlock } from '../../model/channel-block.js';
import { BLOCKED_DOMAIN } from '../graph-builder.js';
import { trace } from '../trace.js';
import { expectSame, f32, makeArray, runEager, runTraced, useCpuBackend } from '../traced.test.helper.js';
import { blockedLowerings } from './channel-blocks.js';
import { DEFAULT_LOWERINGS } from './index.js';

interface Case {
  readonly map: readonly [number, number];
  readonly from: number;
  /** Channels out; 0: depthwise. */
  readonly to: number;
  readonly size: readonly [number, number];
  readonly strides?: [number, number];
  readonly dilations?: [number, number];
  readonly pad?: 'same' | 'valid' | number;
  readonly rounding?: 'floor' | 'ceil';
  /** tfjs has no gradient to compare with (dilations), or a wrong one (sizes rounded up). */
  readonly forwardOnly?: true;
}

const DEPTHWISE: readonly Case[] = [
  { map: [7, 5], from: 16, to: 0, size: [3, 3], pad: 'same' },
  { map: [7, 6], from: 12, to: 0, size: [3, 3], pad: 'same' },
  { map: [7, 6], from: 24, to: 0, size: [3, 1], pad: 'valid' },
  { map: [7, 6], from: 8, to: 0, size: [1, 5], pad: 'same' },
  { map: [6, 5], from: 20, to: 0, size: [2, 4], pad: 'same' },
  { map: [7, 6], from: 16, to: 0, size: [3, 3], strides: [2, 2], pad: 1 },
  { map: [8, 7], from: 16, to: 0, size: [3, 3], strides: [2, 2], pad: 'valid' },
  { map: [9, 6], from: 16, to: 0, size: [3, 3], strides: [3, 3], pad: 'same' },
  { map: [8, 8], from: 16, to: 0, size: [1, 1], strides: [3, 3], pad: 'valid' },
  { map: [7, 6], from: 16, to: 0, size: [3, 3], pad: 'same', dilations: [2, 2], forwardOnly: true },
  { map: [7, 6], from: 32, to: 0, size: [2, 3], pad: 'valid', dilations: [3, 1], forwardOnly: true },
  { map: [8, 6], from: 16, to: 0, size: [3, 3], strides: [2, 2], pad: 0, rounding: 'ceil', forwardOnly: true },
];

const DENSE: readonly Case[] = [
  { map: [7, 5], from: 16, to: 16, size: [3, 3], pad: 'same' },
  { map: [7, 5], from: 7, to: 24, size: [4, 3], pad: 'same' },
  { map: [7, 5], from: 16, to: 14, size: [3, 3], pad: 'same' },
  { map: [7, 5], from: 28, to: 32, size: [2, 3], pad: 'same' },
  { map: [7, 5], from: 16, to: 32, size: [3, 3], pad: 1, strides: [2, 2] },
  { map: [7, 6], from: 16, to: 16, size: [3, 3], pad: 'same', dilations: [2, 2], forwardOnly: true },
  { map: [7, 6], from: 16, to: 16, size: [3, 3], pad: 0, strides: [2, 2], rounding: 'ceil', forwardOnly: true },
];

let block: number | undefined;
beforeAll(async () => {
  await useCpuBackend();
  block = await channelBlock();
});

/** The convolution, with a bias, and its gradients by x, filter and bias. */
function passes({ to, strides = [1, 1], dilations = [1, 1], pad = 'same', rounding, forwardOnly }: Case) {
  const conv = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
    to === 0
      ? tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, 'NHWC', dilations, rounding)
      : tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, 'NHWC', dilations, rounding);
  return (...xs: tf.Tensor[]): tf.Tensor[] => {
    const [x, w, b] = xs as [tf.Tensor, tf.Tensor, tf.Tensor];
    if (forwardOnly === true) return [tf.add(conv(x, w), b)];
    const { value, grads } = tf.valueAndGrads((...[x, w, b]: tf.Tensor[]) => {
      const y = tf.add(conv(x!, w!), b!);
      return tf.sum(tf.mul(y, tf.cos(tf.reshape(tf.range(0, y.size), y.shape))));
    })(xs);
    return [tf.add(conv(x, w), b), value, ...grads];
  };
}

const operands = ({ map, from, to, size }: Case, seed: string) =>
  [f32([2, ...map, from]), f32([...size, from, to === 0 ? 1 : to]), f32([to === 0 ? from : to])].map((numbers, i) =>
    makeArray(numbers, `${seed}/${i}`),
  );

describe('in channel blocks a convolution and its gradients are what tfjs computes', () => {
  test.each([...DEPTHWISE, ...DENSE].map((c) => [JSON.stringify(c), c] as const))('%s', async (title, c) => {
    if (block === undefined) return;
    const inputs = operands(c, title);
    const fn = passes(c);
    const lowerings = { ...DEFAULT_LOWERINGS, ...blockedLowerings(block) };
    expectSame(await runTraced(fn, inputs, { lowerings }), runEager(fn, inputs), { rtol: 1e-4, atol: 1e-4 });
  });

  test.each([8, 16])('and the graph for blocks of %d has them', (size) => {
    const lowerings = { ...DEFAULT_LOWERINGS, ...blockedLowerings(size) };
    for (const c of [...DEPTHWISE, ...DENSE]) {
      const [x, w, b] = operands(c, '');
      const fn = passes(c);
      const inputs = { x: x!, w: w!, b: b! };
      const { model } = trace(({ x, w, b }) => Object.fromEntries(fn(x!, w!, b!).map((y, i) => [`y${i}`, y])), {
        inputs,
        lowerings,
      });
      const blocked = model.nodes.filter((n) => n.domain === BLOCKED_DOMAIN && n.op === 'Conv').length;
      expect([JSON.stringify(c), blocked]).toEqual([JSON.stringify(c), expect.any(Number)]);
      expect(blocked).toBeGreaterThan(0);
    }
  });

  test('and a bias for whole blocks is added inside', () => {
    const [x, w, b] = operands(DENSE[0]!, '');
    const lowerings = { ...DEFAULT_LOWERINGS, ...blockedLowerings(16) };
    const fn = passes({ ...DENSE[0]!, forwardOnly: true });
    const { model } = trace(({ x, w, b }) => ({ y: fn(x!, w!, b!)[0]! }), {
      inputs: { x: x!, w: w!, b: b! },
      lowerings,
    });
    expect(model.nodes.filter((n) => n.op === 'Conv').map((n) => n.inputs.length)).toEqual([3]);
    expect(model.nodes.some((n) => n.op === 'Add')).toBe(false);
  });
});
