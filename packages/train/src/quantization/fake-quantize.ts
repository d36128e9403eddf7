import * as tf from '@tensorflow/tfjs-core';
import type { GradSaveFunc, Tensor } from '@tensorflow/tfjs-core';

/** The integers an 8-bit type holds. */
export type IntegerType = 'int8' | 'uint8';

const LIMITS = { int8: [-128, 127], uint8: [0, 255] } as const;
/** Smallest normal float32: a smaller scale stands for a tensor that is always zero. */
const FLOAT32_TINY = 2 ** -126;

/** Numbers that 8 bits can hold, step·scale with whole steps from `low` to `high`, which are the type's limits less the zero point. */
export interface Grid {
  readonly scale: Tensor;
  readonly low: Tensor;
  readonly high: Tensor;
}

/**
 * What QuantizeLinear and DequantizeLinear leave of `x`: scale·clamp(round(x / scale), low, high), halves rounded to the even number.
 * The gradient passes where nothing was clamped and is 0 elsewhere (straight through).
 *
 * Source: `torch.fake_quantize_per_tensor_affine`; Bengio, Léonard, Courville (2013), the straight-through estimator.
 */
export function fakeQuantize(x: Tensor, { scale, low, high }: Grid): Tensor {
  const op = tf.customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [input, save] = args as [Tensor, GradSaveFunc];
    const steps = tf.round(tf.div(input, scale));
    const clamped = tf.minimum(tf.maximum(steps, low), high);
    save([tf.equal(steps, clamped)]);
    const gradFunc = (dy: Tensor, [inside]: Tensor[]): Tensor => tf.mul(dy, tf.cast(inside as Tensor, 'float32'));
    return { value: tf.mul(clamped, scale), gradFunc };
  });
  return op(x);
}

/**
 * Scales that hold 0 and cover [min, max], element by element, with the steps they reach: scale = (max − min) / 255, zero point =
 * round(lowest − min / scale). Source: `compute_scale_zp` of onnxruntime.
 */
export function gridOf(min: Tensor, max: Tensor, type: IntegerType): Grid {
  const [lowest, highest] = LIMITS[type];
  const from = tf.minimum(min, 0);
  const scale = positiveScale(tf.div(tf.sub(tf.maximum(max, 0), from), highest - lowest));
  const zeroPoint = tf.round(tf.sub(lowest, tf.div(from, scale)));
  return { scale, low: tf.sub(lowest, zeroPoint), high: tf.sub(highest, zeroPoint) };
}

/** Scales of weights as int8 holds them, symmetric in [−127, 127], one for every channel of `axis`, kept with the other axes 1. */
export function weightScale(weight: Tensor, axis: number): Tensor {
  const others = weight.shape.map((_, i) => i).filter((i) => i !== axis);
  return positiveScale(tf.div(tf.max(tf.abs(weight), others, true), 127));
}

/** Numbers on a grid that reaches all of them: nothing is clamped, so the gradient passes whole. */
export function roundToScale(x: Tensor, scale: Tensor): Tensor {
  const op = tf.customGrad((...args: (Tensor | GradSaveFunc)[]) => ({
    value: tf.mul(tf.round(tf.div(args[0] as Tensor, scale)), scale),
    gradFunc: (dy: Tensor) => dy,
  }));
  return op(x);
}

/** Scales, 1 in place of those too small to divide by. */
function positiveScale(scale: Tensor): Tensor {
  return tf.where(isTiny(scale), tf.onesLike(scale), scale);
}

function isTiny(scale: Tensor): Tensor {
  return tf.less(scale, FLOAT32_TINY);
}
