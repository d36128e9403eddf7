import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { trace } from '../trace.js';
import { expectSame, f32, makeArray, runEager, runTraced, useCpuBackend } from '../traced.test.helper.js';
import { takingFactors } from './channel-factors.js';
import { blockedLowerings } from './channel-blocks.js';
import { DEFAULT_LOWERINGS } from './index.js';

interface Case {
  readonly title: string;
  readonly filter: [number, number, number, number];
  readonly depthwise?: true;
  readonly strides?: number;
}

const MAP = [2, 7, 9];
const CASES: readonly Case[] = [
  { title: 'a dense filter', filter: [3, 3, 4, 6] },
  { title: 'as many channels in as out', filter: [3, 3, 16, 16] },
  { title: 'a filter of one tap', filter: [1, 1, 6, 4] },
  { title: 'a strided filter', filter: [3, 3, 4, 6], strides: 2 },
  { title: 'a filter of depth', filter: [3, 3, 16, 1], depthwise: true },
  { title: 'a filter of depth that doubles channels', filter: [3, 3, 4, 2], depthwise: true },
];

beforeAll(useCpuBackend);

/** Gradients of Σ r·g·(x ∗ w + b): what reaches the convolution is r·g. */
function gradients({ filter, depthwise, strides = 1 }: Case, factors: boolean) {
  return (...inputs: tf.Tensor[]): tf.Tensor[] => {
    const g = inputs[3]!;
    return tf.grads((...operands: tf.Tensor[]) => {
      const [x, w, b] = operands as [tf.Tensor4D, tf.Tensor4D, tf.Tensor];
      const y = tf.add(
        depthwise === true ? tf.depthwiseConv2d(x, w, strides, 'same') : tf.conv2d(x, w, strides, 'same'),
        b,
      );
      const r = tf.maxPool(tf.cos(y) as tf.Tensor4D, 1, 1, 'same');
      return tf.sum(factors ? tf.mul(r, g) : r);
    })(inputs.slice(0, 3));
  };
}

const operands = ({ filter, depthwise }: Case, seed: string) => {
  const [, , inner, outer] = filter;
  const channels = depthwise === true ? inner * outer : outer;
  return [f32([...MAP, inner]), f32(filter), f32([channels]), f32([channels])].map((numbers, i) =>
    makeArray(numbers, `${seed}/${i}`),
  );
};

describe('factors per channel of dy', () => {
  test.each(CASES.map((c) => [c.title, c] as const))('are taken in by %s', async (title, c) => {
    const inputs = operands(c, title);
    const fn = gradients(c, true);
    const expected = runEager(fn, inputs);
    for (const lowerings of [DEFAULT_LOWERINGS, { ...DEFAULT_LOWERINGS, ...takingFactors(blockedLowerings(16)) }]) {
      const x = Object.fromEntries(inputs.map((array, i) => [`x${i}`, array]));
      const { model } = trace(
        (tensors) => Object.fromEntries(fn(...inputs.map((_, i) => tensors[`x${i}`]!)).map((y, i) => [`y${i}`, y])),
        { inputs: x, lowerings },
      );
      expect(model.nodes.filter((n) => n.op === 'Mul').length).toBeGreaterThan(0);
      if (lowerings === DEFAULT_LOWERINGS) {
        expectSame(await runTraced(fn, inputs, { lowerings }), expected, { rtol: 1e-4, atol: 1e-4 });
      }
    }
  });
});
