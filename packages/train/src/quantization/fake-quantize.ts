import * as tf from '@tensorflow/tfjs-core';
import type { GradSaveFunc, Tensor } from '@tensorflow/tfjs-core';

/** The integers an 8-bit type holds. */
export type IntegerType = 'int8' | 'uint8';

const LIMITS = { int8: [-128, 127], uint8: [0, 255] } as const;
/** Smallest normal float32: a smaller scale stands for a tensor that is always zero. */
const FLOAT32_TINY = 2 ** -126;

/** Scale and zero point, both of one shape that broadcasts against what is rounded. */
export interface Grid {
  readonly type: IntegerType;
  readonly scale: Tensor;
  readonly zeroPoint: Tensor;
}

/**
 * What QuantizeLinear and DequantizeLinear leave of `x`: scale·(q − zeroPoint) with q = clamp(round(x / scale) + zeroPoint), halves
 * to the even number. The gradient passes where nothing was clamped and is 0 elsewhere (straight through).
 *
 * Source: `torch.fake_quantize_per_tensor_affine`; Bengio, Léonard, Courville (2013), the straight-through estimator.
 */
export function fakeQuantize(x: Tensor, { type, scale, zeroPoint }: Grid): Tensor {
  const [low, high] = LIMITS[type];
  const op = tf.customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [input, save] = args as [Tensor, GradSaveFunc];
    const steps = tf.round(tf.div(input, scale));
    const clamped = tf.minimum(tf.maximum(steps, tf.sub(low, zeroPoint)), tf.sub(high, zeroPoint));
    save([tf.equal(steps, clamped)]);
    const gradFunc = (dy: Tensor, [inside]: Tensor[]): Tensor => tf.mul(dy, tf.cast(inside as Tensor, 'float32'));
    return { value: tf.mul(clamped, scale), gradFunc };
  });
  return op(x);
}

/**
 * The grid of weights as they are: int8 symmetric in [−127, 127] with a scale for every channel of `axis`, or, without an axis,
 * uint8 with one scale and zero point.
 */
export function weightGrid(weight: Tensor, axis: number | undefined): Grid {
  if (axis === undefined) return { type: 'uint8', ...gridOf(tf.min(weight), tf.max(weight), 'uint8') };
  const others = weight.shape.map((_, i) => i).filter((i) => i !== axis);
  const scale = positiveScale(tf.div(tf.mul(tf.max(tf.abs(weight), others, true), 2), 254));
  return { type: 'int8', scale, zeroPoint: tf.scalar(0) };
}

/** Weights as their 8-bit form holds them. Nothing is clamped, so the gradient passes whole. */
export function fakeQuantizeWeight(weight: Tensor, axis: number | undefined): Tensor {
  return straightThrough(weight, (w) => {
    const grid = weightGrid(w, axis);
    // Symmetric ones end at ±127 by themselves.
    return axis === undefined ? fakeQuantize(w, grid) : tf.mul(tf.round(tf.div(w, grid.scale)), grid.scale);
  });
}

/** A bias (C) as int32 holds it: in steps of the input's scale times the weights'. The gradient passes whole. */
export function fakeQuantizeBias(bias: Tensor, inputScale: Tensor, weightScale: Tensor): Tensor {
  return straightThrough(bias, (b) => {
    const scale = tf.mul(inputScale, tf.reshape(weightScale, [-1]));
    return tf.mul(tf.round(tf.div(b, scale)), scale);
  });
}

/**
 * Scales and zero points that hold 0 and cover [min, max], element by element: scale = (max − min) / 255, zeroPoint =
 * round(lowest − min / scale). Source: `compute_scale_zp` of onnxruntime.
 */
export function gridOf(min: Tensor, max: Tensor, type: IntegerType): Omit<Grid, 'type'> {
  const [low, high] = LIMITS[type];
  const from = tf.minimum(min, 0);
  const width = tf.sub(tf.maximum(max, 0), from);
  const tiny = isTiny(tf.div(width, high - low));
  const scale = positiveScale(tf.div(width, high - low));
  const zeroPoint = tf.round(tf.sub(low, tf.div(from, scale)));
  return { scale, zeroPoint: tf.where(tiny, tf.zerosLike(zeroPoint), zeroPoint) };
}

/** Scales, 1 in place of those too small to divide by. */
function positiveScale(scale: Tensor): Tensor {
  return tf.where(isTiny(scale), tf.onesLike(scale), scale);
}

function isTiny(scale: Tensor): Tensor {
  return tf.less(scale, FLOAT32_TINY);
}

function straightThrough(x: Tensor, f: (x: Tensor) => Tensor): Tensor {
  const op = tf.customGrad((...args: (Tensor | GradSaveFunc)[]) => ({
    value: f(args[0] as Tensor),
    gradFunc: (dy: Tensor) => dy,
  }));
  return op(x);
}
