import { labelSpace, UsageError } from '@asc/core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createTask } from './create-task.js';
import { crossEntropy } from './cross-entropy.js';
import { TINY_LABELS } from './tiny-scenes.test.helper.js';

const golden = JSON.parse(readFileSync(new URL('../../../golden/train/losses.json', import.meta.url), 'utf8')) as {
  logits: number[][];
  targets: number[][];
  loss: number;
  gradient: number[][];
};

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
