import type { NdSpec } from '@asc/core';
import type { StepFunction } from '@asc/onnx';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { applyModel, inputSpecs } from './model-inputs.js';
import { namedWeights } from './named-weights.js';

/** A forward pass for `compileStep`. */
export interface InferenceStep {
  /** Inputs `x` (B, F, T, C) and the model's further inputs by name; output `probabilities` (B, Y), the softmax (or sigmoid) of the model's first output. */
  readonly run: StepFunction;
  /** The model's weights, named as in the training step. */
  readonly state: Readonly<Record<string, tf.Variable>>;
  /** Shapes of the inputs for `x` of shape (B, F, T, C). */
  inputs(xShape: readonly number[]): Readonly<Record<string, NdSpec>>;
}

/** The scene posteriors, or the `independent` probabilities of sound events, of a model in its inference form. */
export function inferenceStep(
  model: LayersModel,
  { independent = false }: { readonly independent?: boolean } = {},
): InferenceStep {
  return {
    run: (inputs) => {
      const [logits] = applyModel(model, (name) => inputs[name] as tf.Tensor, { training: false });
      return { probabilities: independent ? tf.sigmoid(logits as tf.Tensor) : tf.softmax(logits as tf.Tensor) };
    },
    state: Object.fromEntries(namedWeights(model).map(({ name, variable }) => [name, variable])),
    inputs: (xShape) => inputSpecs(model, xShape),
  };
}
