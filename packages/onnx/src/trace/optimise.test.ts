import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from '@jest/globals';
import { expectSame, f32, makeArray, runEager, runTraced, useCpuBackend } from './traced.test.helper.js';
import { trace } from './trace.js';

beforeAll(useCpuBackend);

const root = (x: tf.Tensor): tf.Tensor => tf.sqrt(tf.abs(x));

test.each<[string, (x: tf.Tensor) => tf.Tensor[], number]>([
  ['read by other nodes', (x) => [root(x), tf.cos(root(x))], 1],
  ['read by none', (x) => [root(x)], 1],
  ['given twice and read', (x) => [root(x), root(x), tf.cos(root(x))], 2],
  ['that is an input', (x) => [x, tf.cos(x)], 2],
])('an output %s is copied only where it must be', async (_, fn, copies) => {
  const x = makeArray(f32([3, 4]), 'x');
  expectSame(await runTraced((x) => fn(x!), [x]), runEager((x) => fn(x!), [x]));
  const { model } = trace(({ x }) => Object.fromEntries(fn(x!).map((y, i) => [`y${i}`, y])), { inputs: { x } });
  expect(model.nodes.filter((n) => n.op === 'Identity')).toHaveLength(copies);
});
