import { UsageError } from '@asc/core';
import { JointPrediction } from '@asc/layers';
import { layers, model, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { SceneModel } from './scene-model.js';

/**
 * The scene path of a network with its abstract branch consulted: (B, F, T, C) → logits (B, Y) whose softmax is
 * p[c]·q[abstractOf[c]], renormalised, p and q the posteriors of scenes and abstract classes. Shares its weights with `net`.
 *
 * Source: "joint prediction" of Shim et al. (2022), who give no formula and report that it costs accuracy.
 *
 * @param abstractOf for each scene the index of its abstract class, as in a label space.
 * @throws UsageError where the network has no abstract branch or predicts jointly as it is, or the classes do not match.
 */
export function predictJointly(net: SceneModel, abstractOf: readonly number[]): LayersModel {
  const [scene, abstract] = net.training.outputs;
  if (scene === undefined || abstract === undefined || net.outputs[1] !== 'abstract') {
    throw new UsageError({
      what: `Model "${net.name}" cannot predict jointly.`,
      expected: 'the outputs scene and abstract',
      received: net.outputs.join(', '),
      hint: 'Build it with abstract classes, e.g. createModel("shim2022-extended-mtl").',
    });
  }
  if (net.training.layers.some((layer) => layer instanceof JointPrediction)) {
    throw new UsageError({
      what: `Model "${net.name}" predicts jointly as it is.`,
      hint: 'Use its deployed network.',
    });
  }
  return model({
    name: `${net.name}-joint`,
    inputs: net.training.inputs,
    outputs: joinLogits(scene, abstract, abstractOf),
  });
}

/** Scene logits (B, Y) and abstract logits (B, A) → joint logits (B, Y). */
export function joinLogits(
  scene: SymbolicTensor,
  abstract: SymbolicTensor,
  abstractOf: readonly number[],
): SymbolicTensor {
  const both = layers.concatenate({ name: 'scene_and_abstract' }).apply([scene, abstract]) as SymbolicTensor;
  return new JointPrediction({ name: 'scene_joint', groupOf: abstractOf }).apply(both);
}
