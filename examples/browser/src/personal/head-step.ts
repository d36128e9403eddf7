import { encodeOnnx, trace } from '@asc/onnx';
import { adam, crossEntropy } from '@asc/train';
import * as tf from '@tensorflow/tfjs-core';

/** Neighbouring windows are much alike: without this decay the layer is far too sure of what it then gets wrong. */
const DECAY = 1e-2;
const RULE = adam({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: DECAY });

/** Numbers the rule of descent needs beside its tensors, at update `step` counted from 0. */
export const headScalars = (step: number, learningRate: number): Readonly<Record<string, number>> =>
  RULE.scalars(step, learningRate);

/**
 * One training step of a dense layer on all examples at once, as an ONNX graph: forward, loss, gradient and Adam.
 * In: `features` (N, E), `targets` (N, Y), `parameters`, `firstMoment` and `secondMoment` (E·Y + Y), the scalars of
 * {@link headScalars}. Out: `loss` () and, under `next-` and their names, the three vectors after the step.
 */
export function traceHeadStep(examples: number, width: number, classes: number): Uint8Array {
  const parameters = { dtype: 'float32', shape: [(width + 1) * classes] } as const;
  const scalar = { dtype: 'float32', shape: [] } as const;
  const { model } = trace(
    (given) => {
      const { features, targets, parameters: theta, firstMoment, secondMoment, ...scalars } = given as Given;
      const loss = (flat: tf.Tensor): tf.Scalar => {
        const weights = tf.reshape(tf.slice(flat, [0], [width * classes]), [width, classes]);
        const bias = tf.slice(flat, [width * classes], [classes]);
        return crossEntropy(tf.add(tf.matMul(features as tf.Tensor2D, weights as tf.Tensor2D), bias), targets);
      };
      const { value, grad } = tf.valueAndGrad(loss)(theta);
      const slots = { firstMoment, secondMoment };
      const next = RULE.update({ parameters: theta, gradients: grad, slots, scalars });
      return {
        loss: value,
        'next-parameters': next.parameters,
        'next-firstMoment': next.slots['firstMoment']!,
        'next-secondMoment': next.slots['secondMoment']!,
      };
    },
    {
      inputs: {
        features: { dtype: 'float32', shape: [examples, width] },
        targets: { dtype: 'float32', shape: [examples, classes] },
        parameters,
        firstMoment: parameters,
        secondMoment: parameters,
        ...Object.fromEntries(RULE.scalarNames.map((name) => [name, scalar])),
      },
    },
  );
  return encodeOnnx(model);
}

interface Given extends Record<string, tf.Tensor> {
  readonly features: tf.Tensor;
  readonly targets: tf.Tensor;
  readonly parameters: tf.Tensor;
  readonly firstMoment: tf.Tensor;
  readonly secondMoment: tf.Tensor;
}
