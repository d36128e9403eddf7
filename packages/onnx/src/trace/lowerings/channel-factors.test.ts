import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { channelBlock } from '../../model/channel-block.js';
import type { LoweringTable } from '../lowering.js';
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

let tables: LoweringTable[];
beforeAll(async () => {
  await useCpuBackend();
  const block = await channelBlock();
  const blocked = block === undefined ? {} : takingFactors(blockedLowerings(block));
  tables = [DEFAULT_LOWERINGS, { ...DEFAULT_LOWERINGS, ...blocked }];
});

/** Gradients of Σ g·cos(x ∗ w + b): what reaches the convolution is a map times g. */
function gradients({ depthwise, strides = 1 }: Case) {
  return (...[x, w, b, g]: tf.Tensor[]): tf.Tensor[] =>
    tf.grads((...operands: tf.Tensor[]) => {
      const [x, w, b] = operands as [tf.Tensor4D, tf.Tensor4D, tf.Tensor];
      const y = depthwise === true ? tf.depthwiseConv2d(x, w, strides, 'same') : tf.conv2d(x, w, strides, 'same');
      return tf.sum(tf.mul(tf.cos(tf.add(y, b)), g!));
    })([x!, w!, b!]);
}

function operands({ filter, depthwise }: Case, seed: string) {
  const [, , inner, outer] = filter;
  const channels = depthwise === true ? inner * outer : outer;
  const shapes = [[...MAP, inner], filter, [channels], [channels]];
  return shapes.map((shape, i) => makeArray(f32(shape), `${seed}/${i}`));
}

describe('factors per channel of dy', () => {
  test.each(CASES.map((c) => [c.title, c] as const))('are taken in by %s', async (title, c) => {
    const inputs = operands(c, title);
    const fn = gradients(c);
    const expected = runEager(fn, inputs);
    const factors = `${inputs[3]!.data.length},1,1`;
    for (const lowerings of tables) {
      expectSame(await runTraced(fn, inputs, { lowerings }), expected, { rtol: 1e-4, atol: 1e-3 });
      const { model } = trace(
        (tensors) => Object.fromEntries(fn(...inputs.map((_, i) => tensors[`x${i}`]!)).map((y, i) => [`y${i}`, y])),
        { inputs: Object.fromEntries(inputs.map((array, i) => [`x${i}`, array])), lowerings },
      );
      const shapes = new Map(model.valueInfo.map((v) => [v.name, v.shape]));
      const products = model.nodes.filter(
        (n) => n.op === 'Mul' && n.inputs.some((name) => shapes.get(name)?.join() === factors),
      );
      expect(products).toEqual([]);
    }
  });
});
