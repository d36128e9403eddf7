import { UsageError } from '@asc/core';
import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy } from './cross-entropy.js';
import { matchOutput, type Task } from './task.js';

export interface ExtendedMtlConfig {
  readonly sceneWeight: number;
  readonly abstractWeight: number;
}

/**
 * Scenes and their abstract classes learnt side by side: sceneWeight·CE(scene) + abstractWeight·CE(abstract). The abstract
 * branch is for training alone; the shipped model goes without.
 *
 * Source: Shim, Jung, Kim, Yu, ICASSP 2022 (arXiv 2104.07213), "extended MTL", with 5 and 1.
 */
export function extendedMtl(config: ExtendedMtlConfig): Task {
  const { sceneWeight, abstractWeight } = config;
  return {
    targets(labels) {
      if (labels.abstracts.length > 0) return { scene: labels.scenes.length, abstract: labels.abstracts.length };
      throw new UsageError({
        what: 'The extended-mtl task needs abstract classes, and the labels define none.',
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
