import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { sizeOf } from '@asc/core';
import type { LoweringTable } from '../lowering.js';
import { trace } from '../trace.js';
import { expectSame, f32, makeArray, type Numbers, runEager, runTraced, useCpuBackend } from '../traced.test.helper.js';
import { DEFAULT_LOWERINGS } from './index.js';
import { processorLowerings } from './processor.js';

type Map4 = tf.Tensor4D;

const AXES = [0, 1, 2];

function statistics(x: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const mean = tf.mean(x, AXES);
  return [mean, tf.mean(tf.squaredDifference(x, mean), AXES)];
}

/** Batch norm with its gradient in closed form, as @asc/layers has it. */
function normalized(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const count = x.size / x.shape.at(-1)!;
  return tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, gamma, beta, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [mean, variance] = statistics(x);
    const inverse = tf.rsqrt(tf.add(variance, 1e-5));
    const a = tf.mul(gamma, inverse);
    save([x, mean, inverse, a]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [x, mean, inverse, a] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const dBeta = tf.sum(dy, AXES);
      const dGamma = tf.mul(tf.sub(tf.sum(tf.mul(dy, x), AXES), tf.mul(mean, dBeta)), inverse);
      const b = tf.neg(tf.div(tf.mul(inverse, dGamma), count));
      const c = tf.neg(tf.add(tf.div(dBeta, count), tf.mul(b, mean)));
      return [tf.mul(tf.add(dy, tf.add(tf.mul(x, b), c)), a), dGamma, dBeta];
    };
    return { value: tf.add(tf.mul(x, a), tf.sub(beta, tf.mul(mean, a))), gradFunc };
  })(x, gamma, beta);
}

interface Case {
  readonly title: string;
  readonly map?: readonly [number, number, number];
  readonly filter: readonly [number, number, number, number];
  readonly strides?: number;
  readonly bias?: true;
  readonly x?: readonly [number, number];
  /** What else is made of the convolution's result. */
  readonly beside?: (y: tf.Tensor) => tf.Tensor;
  /** The nodes that make maps as large as what the convolution makes, activations and products aside. */
  readonly passes: readonly string[];
  readonly rtol?: number;
}

const PASSES = new Set(['Conv', 'Sub', 'Add', 'BatchNormalization']);
/** The normalised convolution alone. */
const ONE = ['Conv'];
/** The convolution, its result without the mean, and normalised; and its gradient, an affine map of it and dy. */
const ALL = ['Conv', 'Sub', 'Conv', 'BatchNormalization', 'Add'];

const MAP = [2, 46, 47] as const;
const CASES: readonly Case[] = [
  { title: 'a convolution that widens', filter: [1, 1, 4, 6], passes: ONE },
  { title: 'as many channels out as in', filter: [1, 1, 5, 5], passes: ['Sub', 'Conv', 'Conv', 'Conv', 'Add'] },
  { title: 'one channel in', filter: [1, 1, 1, 8], passes: ONE },
  { title: 'a bias, which the norm takes off again', filter: [1, 1, 4, 6], bias: true, passes: ONE },
  { title: 'values far from 0', filter: [1, 1, 4, 6], x: [-62, -58], passes: ONE, rtol: 1e-3 },
  { title: 'not one that narrows', filter: [1, 1, 6, 4], passes: ALL },
  { title: 'not one of more taps', filter: [3, 3, 4, 6], passes: ALL },
  { title: 'not one that leaves cells out', map: [4, 92, 94], filter: [1, 1, 4, 6], strides: 2, passes: ALL },
  {
    title: 'not one of few cells',
    map: [2, 8, 9],
    filter: [1, 1, 4, 6],
    passes: ['Conv', 'Sub', 'BatchNormalization', 'BatchNormalization', 'Add'],
  },
  {
    title: 'a result that is read elsewhere',
    filter: [1, 1, 4, 6],
    beside: tf.cos,
    passes: ['Conv', 'Conv', 'Conv', 'Add', 'Add'],
    rtol: 1e-3,
  },
];

let lowerings: LoweringTable;
beforeAll(async () => {
  await useCpuBackend();
  // Its check for leaks counts what a custom gradient saves.
  tf.env().set('IS_TEST', false);
  // Without blocks: those have reorderings of their own.
  lowerings = { ...DEFAULT_LOWERINGS, ...processorLowerings(undefined) };
});

/** The result, the statistics and every gradient of Σ relu(norm(x ∗ w + b))·cos(i). */
function step({ strides = 1, bias, beside }: Case) {
  return (...inputs: tf.Tensor[]): tf.Tensor[] => {
    const convolved = ([x, w, , , b]: readonly tf.Tensor[]): tf.Tensor => {
      const y = tf.conv2d(x as Map4, w as Map4, strides, 'same');
      return bias === true ? tf.add(y, b!) : y;
    };
    const { value, grads } = tf.valueAndGrads((...operands: tf.Tensor[]) => {
      const y = convolved(operands);
      const z = tf.relu(normalized(y, operands[2]!, operands[3]!));
      const [, , t, c] = y.shape as [number, number, number, number];
      const weights = tf.cos(tf.reshape(tf.range(0, t * c), [1, 1, t, c]));
      const sum = tf.sum(tf.mul(z, weights));
      return (beside === undefined ? sum : tf.add(sum, tf.sum(beside(y)))) as tf.Scalar;
    })(inputs);
    return [value, ...statistics(convolved(inputs)), ...grads];
  };
}

function operands({ map = MAP, filter, x: [low, high] = [-1, 3], bias }: Case, seed: string) {
  const [, , inner, outer] = filter;
  const shapes: Numbers[] = [f32([...map, inner], low, high), f32(filter), f32([outer], -1, 2), f32([outer])];
  return [...shapes, ...(bias === true ? [f32([outer])] : [])].map((n, i) => makeArray(n, `${seed}/${i}`));
}

describe('batch norm after a 1×1 convolution, and its gradients, are what tfjs computes', () => {
  test.each(CASES.map((c) => [c.title, c] as const))('%s', async (title, c) => {
    const inputs = operands(c, title);
    const fn = step(c);
    const tolerance = { rtol: c.rtol ?? 2e-4, atol: 2e-2 };
    const expected = runEager(fn, inputs);
    expectSame(await runTraced(fn, inputs, { lowerings }), expected, tolerance);
    const { model } = trace(
      (tensors) => Object.fromEntries(fn(...inputs.map((_, i) => tensors[`x${i}`]!)).map((y, i) => [`y${i}`, y])),
      { inputs: Object.fromEntries(inputs.map((array, i) => [`x${i}`, array])), lowerings },
    );
    const [b, f, t] = c.map ?? MAP;
    const stride = c.strides ?? 1;
    const whole = [b, c.filter[3], f / stride, t / stride].join();
    const shapes = new Map(model.valueInfo.map((v) => [v.name, v.shape.join()]));
    const passes = model.nodes.filter((n) => shapes.get(n.outputs[0]!) === whole && PASSES.has(n.op));
    expect(passes.map((n) => n.op)).toEqual(c.passes);
  });

  test('channels that never vary', async () => {
    const fn = step({ title: '', filter: [1, 1, 4, 6], passes: [] });
    const inputs = operands({ title: '', filter: [1, 1, 4, 6], passes: [] }, 'constant');
    inputs[0]!.data.fill(1000.1);
    const results = await runTraced(fn, inputs, { lowerings });
    for (const { data } of Object.values(results)) expect(data.every(Number.isFinite)).toBe(true);
    // The variances.
    expect(Math.max(...results['y2']!.data)).toBeLessThan(1e-3);
    expect(sizeOf(results['y2']!.shape)).toBe(6);
  });
});
