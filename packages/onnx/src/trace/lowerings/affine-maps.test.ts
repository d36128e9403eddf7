import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { channelBlock } from '../../model/channel-block.js';
import type { LoweringTable } from '../lowering.js';
import { trace } from '../trace.js';
import { expectSame, f32, makeArray, runEager, runTraced, throughConv, useCpuBackend } from '../traced.test.helper.js';
import { DEFAULT_LOWERINGS } from './index.js';
import { processorLowerings } from './processor.js';

type Numbers = readonly [x: tf.Tensor, other: tf.Tensor, s: tf.Tensor, t: tf.Tensor];

interface Case {
  readonly title: string;
  readonly fn: (...numbers: Numbers) => tf.Tensor[];
  /** Rows and columns; those of the first go evenly into blocks of 16. */
  readonly map?: readonly [number, number];
  /** Convolutions that a map is computed by: with blocks of channels, and without. */
  readonly convolutions: readonly [number, number];
}

const affine = (x: tf.Tensor, s: tf.Tensor, t: tf.Tensor): tf.Tensor => tf.add(tf.mul(x, s), t);

const CASES: readonly Case[] = [
  { title: 'a ReLU', fn: (x, _, s, t) => [tf.relu(affine(x, s, t))], convolutions: [1, 1] },
  { title: 'a sum', fn: (x, o, s, t) => [tf.add(affine(x, s, t), o)], convolutions: [1, 0] },
  { title: 'a sum the other way', fn: (x, o, s, t) => [tf.add(o, affine(x, s, t))], convolutions: [1, 0] },
  { title: 'a ReLU of a sum', fn: (x, o, s, t) => [tf.relu(tf.add(o, affine(x, s, t)))], convolutions: [1, 0] },
  {
    title: 'a sum that is read besides its ReLU',
    fn: (x, o, s, t) => [tf.add(o, affine(x, s, t)), tf.relu(tf.add(o, affine(x, s, t)))],
    convolutions: [2, 0],
  },
  {
    title: 'maps that are read again, and not written over',
    fn: (x, o, s, t) => {
      const [a, b] = [tf.cos(x), tf.sin(o)];
      return [tf.add(b, affine(a, s, t)), tf.mul(a, b)];
    },
    convolutions: [1, 0],
  },
  {
    title: 'a sum of two such maps',
    fn: (x, o, s, t) => [tf.add(affine(x, s, t), affine(o, t, s))],
    convolutions: [1, 0],
  },
  {
    title: 'a ReLU of cells that do not fill blocks',
    fn: (x, o, s, t) => [tf.relu(affine(x, s, t)), tf.add(affine(x, s, t), o)],
    map: [17, 19],
    convolutions: [1, 1],
  },
  {
    title: 'no map of few cells',
    fn: (x, o, s, t) => [tf.relu(affine(x, s, t)), tf.add(affine(x, s, t), o)],
    map: [8, 16],
    convolutions: [0, 0],
  },
  {
    title: 'no map of products alone, or sums alone',
    fn: (x, o, s, t) => [tf.relu(tf.mul(x, s)), tf.relu(tf.add(x, t)), tf.add(tf.mul(x, s), o)],
    convolutions: [0, 0],
  },
];

let tables: LoweringTable[];
let block: number | undefined;
beforeAll(async () => {
  await useCpuBackend();
  block = await channelBlock();
  tables = [processorLowerings(block), processorLowerings(undefined)].map((table) => ({
    ...DEFAULT_LOWERINGS,
    ...table,
  }));
});

describe('factors and shifts of channels', () => {
  test.each(CASES.map((c) => [c.title, c] as const))('%s', async (title, { fn, map = [16, 20], convolutions }) => {
    const inputs = [f32([3, ...map, 5]), f32([3, ...map, 5]), f32([5]), f32([5])].map((n, i) =>
      makeArray(n, `${title}/${i}`),
    );
    const call = (...[x, other, s, t]: tf.Tensor[]): tf.Tensor[] => fn(throughConv(x!), throughConv(other!), s!, t!);
    const expected = runEager(call, inputs);
    for (const [i, lowerings] of tables.entries()) {
      expectSame(await runTraced(call, inputs, { lowerings }), expected);
      const { model } = trace(
        (tensors) => Object.fromEntries(call(...inputs.map((_, k) => tensors[`x${k}`]!)).map((y, k) => [`y${k}`, y])),
        { inputs: Object.fromEntries(inputs.map((array, k) => [`x${k}`, array])), lowerings },
      );
      const made = model.nodes.filter((n) => n.op === 'Conv' && n.attributes['group'] !== undefined);
      expect(made).toHaveLength(convolutions[block === undefined ? 1 : i]!);
    }
  });
});
