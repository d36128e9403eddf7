import { UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy } from './cross-entropy.js';
import { matchOutput, type Task } from './task.js';

export interface JointTrainingConfig {
  readonly sceneWeight: number;
  readonly abstractWeight: number;
}

/**
 * Scenes and their abstract classes learnt at once: sceneWeight·CE(scene) + abstractWeight·CE(abstract). How the two share a
 * network – conventional, sequential or extended MTL, separated classifiers – is the network's affair.
 *
 * Source: Shim, Jung, Kim, Yu, ICASSP 2022 (arXiv 2104.07213); the authors' code for extended MTL has 5 and 1, and no weights
 * are known for the others.
 */
export function jointTraining(config: JointTrainingConfig): Task {
  const { sceneWeight, abstractWeight } = config;
  return {
    targets(labels) {
      if (labels.abstracts.length > 0) return { scene: labels.scenes.length, abstract: labels.abstracts.length };
      throw new UsageError({
        what: 'Joint training needs abstract classes, and the labels define none.',
        expected: 'a label space with an abstract class for every scene',
        received: `${labels.scenes.length} scenes alone`,
        hint: 'Give the dataset abstract classes, or set task.kind to "classification".',
      });
    },
    loss(outputs, targets) {
      const scene = crossEntropy(...matchOutput(outputs, 0, targets, 'scene'));
      const abstract = crossEntropy(...matchOutput(outputs, 1, targets, 'abstract'));
      const total: tf.Scalar = tf.add(tf.mul(scene, sceneWeight), tf.mul(abstract, abstractWeight));
      return { total, parts: { scene, abstract } };
    },
  };
}
