import { labelSpace, UsageError } from '@asc/core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createTask } from './create-task.js';
import { classification } from './classification.js';
import { crossEntropy } from './cross-entropy.js';
import { TINY_LABELS } from './tiny-scenes.test.helper.js';

const golden = JSON.parse(readFileSync(new URL('../../../golden/train/losses.json', import.meta.url), 'utf8')) as {
  logits: number[][];
  targets: number[][];
  loss: number;
  gradient: number[][];
};

interface Case {
  readonly name: string;
  readonly loss: number;
  readonly gradient: number[][];
}
const tasks = JSON.parse(readFileSync(new URL('../../../golden/train/tasks.json', import.meta.url), 'utf8')) as {
  logits: number[][];
  soft: number[][];
  abstractLogits: number[][];
  abstract: number[][];
  events: number[][];
  losses: Case[];
};

/** A task's loss of logits, and the gradient it gives them, against torch's. */
function expectTorch(name: string, loss: (logits: tf.Tensor) => tf.Scalar): void {
  const expected = tasks.losses.find((each) => each.name === name) as Case;
  const { value, grad } = tf.valueAndGrad(loss)(tf.tensor2d(tasks.logits));
  // Single precision on both sides, logits up to 100 and a weight of 5: a few units of the last place.
  expect(Math.abs((value.dataSync()[0] as number) / expected.loss - 1)).toBeLessThan(2e-6);
  const gradient = grad.dataSync();
  expected.gradient.flat().forEach((slope, i) => {
    expect(Math.abs((gradient[i] as number) - slope)).toBeLessThan(3e-6);
  });
}

/** The rows whose classes are not certain. */
const moderate = (rows: tf.Tensor): tf.Tensor => tf.gather(rows, [0, 1, 4]);

describe('tasks', () => {
  test('cross-entropy of soft labels and its gradient are those of torch', () => {
    const targets = tf.tensor2d(golden.targets);
    const { value, grad } = tf.valueAndGrad((logits) => crossEntropy(logits, targets))(tf.tensor2d(golden.logits));
    // Single precision on both sides; logits reach 100, so 1 ulp of an exponent is 4e-6 relative.
    expect(Math.abs((value.dataSync()[0] as number) / golden.loss - 1)).toBeLessThan(1e-6);
    const gradient = grad.dataSync();
    golden.gradient.flat().forEach((expected, i) => {
      expect(Math.abs((gradient[i] as number) - expected)).toBeLessThan(1e-6);
    });
  });

  test('smoothed labels, the focal loss, joint training and event detection and their gradients are those of torch', () => {
    const scene = tf.tensor2d(tasks.soft);
    const smoothed = classification({ labelSmoothing: 0.1 });
    expectTorch('smoothing', (logits) => smoothed.loss([logits], { scene }).total);
    for (const [name, focalGamma] of [['focal', 2] as const, ['focal of a fraction', 0.5] as const]) {
      const focal = classification({ focalGamma });
      expectTorch(name, (logits) => focal.loss([moderate(logits)], { scene: moderate(scene) }).total);
    }
    const joint = createTask({ kind: 'conventional-mtl', sceneWeight: 5, abstractWeight: 1 });
    const abstractLogits = tf.tensor2d(tasks.abstractLogits);
    const targets = { scene, abstract: tf.tensor2d(tasks.abstract) };
    expectTorch('joint', (logits) => joint.loss([logits, abstractLogits], targets).total);
    const events = tf.tensor2d(tasks.events);
    const aed = createTask({ kind: 'aed' });
    expectTorch('events', (logits) => aed.loss([logits], { events }).total);
  });

  test('a focal loss of certain classes has a finite gradient, with a fractional exponent too', () => {
    const scene = tf.tensor2d([
      [1, 0],
      [0, 1],
    ]);
    for (const focalGamma of [0.5, 1, 2]) {
      const { loss } = classification({ focalGamma });
      const slope = tf.grad((logits) => loss([logits], { scene }).total)(tf.tensor2d([200, -200, 200, -200], [2, 2]));
      expect([...slope.dataSync()].every(Number.isFinite)).toBe(true);
    }
  });

  test('no smoothing and no exponent are the plain cross-entropy; impossible ones are refused', () => {
    const [logits, scene] = [tf.tensor2d(tasks.logits), tf.tensor2d(tasks.soft)];
    const plain = crossEntropy(logits, scene).dataSync();
    expect(classification().loss([logits], { scene }).total.dataSync()).toEqual(plain);
    expect(() => classification({ labelSmoothing: 1 })).toThrow(/labelSmoothing.*\nexpected at least 0 and below 1/);
    expect(() => classification({ focalGamma: NaN })).toThrow(UsageError);
  });

  test('extended multi-task learning weighs its parts', () => {
    const task = createTask({ kind: 'extended-mtl', sceneWeight: 5, abstractWeight: 1 });
    expect(task.targets(TINY_LABELS)).toEqual({ scene: 4, abstract: 2 });
    const outputs = [tf.tensor2d([[1, 2, 3, 4]]), tf.tensor2d([[0, 1]])];
    const targets = { scene: tf.tensor2d([[0, 1, 0, 0]]), abstract: tf.tensor2d([[1, 0]]) };
    const { total, parts } = task.loss(outputs, targets);
    const value = (tensor: tf.Tensor | undefined) => tensor?.dataSync()[0] as number;
    expect(Object.keys(parts)).toEqual(['scene', 'abstract']);
    expect(value(total)).toBeCloseTo(5 * value(parts['scene']) + value(parts['abstract']), 5);
    expect(value(parts['abstract'])).toBeCloseTo(Math.log(1 + Math.E), 6);
  });

  test('labels without abstract classes, and outputs that do not fit, are refused', () => {
    const task = createTask({ kind: 'extended-mtl', sceneWeight: 5, abstractWeight: 1 });
    expect(() => task.targets(labelSpace(['a', 'b']))).toThrow(UsageError);
    const scene = tf.tensor2d([[0, 1, 0, 0]]);
    expect(() => task.loss([scene], { scene, abstract: tf.zeros([1, 2]) })).toThrow(
      /abstract labels.*\nexpected \(1, 2\), received none/,
    );
  });
});
