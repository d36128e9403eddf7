import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { sizeOf } from '@asc/core';
import type { LoweringTable } from '../lowering.js';
import { trace } from '../trace.js';
import {
  expectSame,
  f32,
  given,
  i32,
  makeArray,
  type Numbers,
  runEager,
  runTraced,
  throughConv,
  useCpuBackend,
} from '../traced.test.helper.js';
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
  readonly pad?: number;
  readonly depthwise?: true;
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
function step({ strides = 1, pad, depthwise, bias, beside }: Case) {
  return (...inputs: tf.Tensor[]): tf.Tensor[] => {
    const convolved = ([x, w, , , b]: readonly tf.Tensor[]): tf.Tensor => {
      const convolution = depthwise === true ? tf.depthwiseConv2d : tf.conv2d;
      const y = convolution(x as Map4, w as Map4, strides, pad ?? 'same');
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

const channelsOut = ({ filter, depthwise }: Case): number => filter[2 + Number(depthwise !== true)]!;

function operands(c: Case, seed: string) {
  const { map = MAP, filter, x: [low, high] = [-1, 3], bias } = c;
  const [, , inner] = filter;
  const outer = channelsOut(c);
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
    const size = (cells: number): number => cells / (c.strides ?? 1) + 2 * (c.pad ?? 0);
    const whole = [b, channelsOut(c), size(f), size(t)].join();
    const shapes = new Map(model.valueInfo.map((v) => [v.name, v.shape.join()]));
    const passes = model.nodes.filter((n) => shapes.get(n.outputs[0]!) === whole && PASSES.has(n.op));
    expect(passes.map((n) => n.op)).toEqual(c.passes);
  });

  test('a mean that lies along another axis is no mean of the channels; one may keep its axes', async () => {
    const deviation = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => {
      const y = tf.conv2d(x as Map4, w as Map4, 1, 'same');
      return tf.mean(tf.squaredDifference(y, tf.reshape(tf.mean(y, AXES), [1, 1, 6, 1])), AXES);
    };
    const inputs = [f32([8, 128, 6, 4]), f32([1, 1, 4, 6])].map((n, i) => makeArray(n, `axis/${i}`));
    const fn = (...[x, w]: tf.Tensor[]): tf.Tensor[] => [
      deviation(x!, w!),
      tf.mean(tf.conv2d(x as Map4, w as Map4, 1, 'same'), AXES, true),
    ];
    expectSame(await runTraced(fn, inputs, { lowerings }), runEager(fn, inputs), { rtol: 1e-5 });
  });

  test('int32 maps stay what they are', async () => {
    const inputs = [i32([2, 48, 48, 4]), i32([4]), i32([4])].map((n, i) => makeArray(n, `int/${i}`));
    const fn = (...[x, s, t]: tf.Tensor[]): tf.Tensor => {
      const laid = tf.cast(throughConv(tf.cast(x!, 'float32')), 'int32');
      return tf.relu(tf.add(tf.mul(laid, s!), t!));
    };
    expectSame(await runTraced(fn, inputs, { lowerings }), runEager(fn, inputs));
  });

  test('numbers that are the same everywhere stay one', () => {
    const { model } = trace(
      ({ x }) => ({ y: tf.mul(x!, tf.add(tf.fill([4, 64, 64, 32], 0.5), tf.ones([4, 64, 64, 32]))) }),
      { inputs: { x: makeArray(f32([4, 64, 64, 32]), 'same') }, lowerings },
    );
    expect([...model.initializers.values()].map(({ data }) => data.length)).toEqual([1]);
  });

  /** The variance of v − (v + ε·v′), a hundred times smaller or much less, beside that of v. */
  test.each([
    [1e-2, 1e-2],
    [1e-5, 1],
  ])('channels that cancel but for %d of them: a variance within %d of itself, never below 0', async (part, error) => {
    const channel = makeArray(f32([2, 64, 64]), 'cancel/v').data;
    const other = makeArray(f32([2, 64, 64]), 'cancel/w').data;
    const pairs = Array.from(channel).flatMap((v, i) => [10 * v, 10 * (v + part * other[i]!)]);
    const x = makeArray(given([2, 64, 64, 2], pairs), '');
    const w = makeArray(given([1, 1, 2, 2], [1, 0.5, -1, -0.5]), '');
    const fn = (...[x, w]: tf.Tensor[]): tf.Tensor => statistics(tf.conv2d(x as Map4, w as Map4, 1, 'same'))[1];
    const [got, want] = [await runTraced(fn, [x, w], { lowerings }), runEager(fn, [x, w])].map((y) => y['y0']!.data);
    got!.forEach((variance, i) => {
      expect(variance).toBeGreaterThanOrEqual(0);
      expect(Math.abs(variance - want![i]!)).toBeLessThanOrEqual(error * want![i]!);
    });
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
