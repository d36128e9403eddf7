import { sizeOf } from '@asc/core';
import type { OnnxTensor } from '@asc/onnx';
import { activationParameters, INTEGER_LIMITS, roundHalfEven, symmetricScale } from './quantization-parameters.js';

/** int32's positive limit; the bias is kept within ± this. */
const INT32_MAX = 2 ** 31 - 1;

/** How a weight tensor becomes integers: one scale per channel of `axis`, or one for all where there is no axis. */
export interface WeightScales {
  readonly type: 'int8' | 'uint8';
  readonly axis: number | undefined;
  readonly scales: Float32Array;
  readonly zeroPoint: number;
}

/** Scales of a float32 weight tensor: symmetric int8 of each channel, or asymmetric uint8 of the whole tensor. */
export function weightScales(weight: OnnxTensor, axis: number, type: 'int8' | 'uint8' = 'int8'): WeightScales {
  if (type === 'uint8') {
    let [min, max] = [0, 0];
    for (const value of floats(weight)) [min, max] = [Math.min(min, value), Math.max(max, value)];
    const { scale, zeroPoint } = activationParameters({ min, max }, type);
    return { type, axis: undefined, scales: Float32Array.of(scale), zeroPoint };
  }
  const absMax = new Float64Array(weight.shape[axis] ?? 1);
  const channelOf = channelIndex(weight.shape, axis);
  floats(weight).forEach((value, i) => {
    const channel = channelOf(i);
    absMax[channel] = Math.max(absMax[channel] ?? 0, Math.abs(value));
  });
  return { type, axis, scales: Float32Array.from(absMax, symmetricScale), zeroPoint: 0 };
}

/**
 * `weights` with the scales raised where the int32 bias, whose scale is inputScale · weightScale, would overflow: a channel
 * of nearly zero weights with a large bias. As `_adjust_weight_scale_for_int32_bias` of onnxruntime 1.30.
 */
export function raiseForBias(weights: WeightScales, inputScale: number, bias: OnnxTensor): WeightScales {
  const values = floats(bias);
  const widestOf = (channel: number): number =>
    weights.axis === undefined
      ? values.reduce((widest, value) => Math.max(widest, Math.abs(value)), 0)
      : Math.abs(values[channel] ?? 0);
  const scales = weights.scales.map((scale, channel) => {
    // The product is float32 there, the quotient float64.
    const widest = Math.fround(Math.fround(1.0001) * 2 * widestOf(channel));
    const smallest = widest / (2 * INT32_MAX);
    const candidate = inputScale * scale;
    return candidate > 0 && candidate < smallest ? scale * (smallest / candidate) : scale;
  });
  return { ...weights, scales };
}

/** The integers a weight may have: int8 ones are symmetric. */
export function weightLimits(type: 'int8' | 'uint8'): { readonly min: number; readonly max: number } {
  return type === 'int8' ? { min: -127, max: 127 } : INTEGER_LIMITS[type];
}

/** The 8-bit integers of a weight tensor, each the nearest. */
export function quantizeWeight(weight: OnnxTensor, { type, axis, scales, zeroPoint }: WeightScales): OnnxTensor {
  const channelOf = channelIndex(weight.shape, axis);
  const { min, max } = weightLimits(type);
  const integers = floats(weight).map((value, i) => {
    const scale = scales[channelOf(i)] ?? 1;
    return Math.max(min, Math.min(max, roundHalfEven(Math.fround(value / scale)) + zeroPoint));
  });
  return { type, shape: weight.shape, data: type === 'int8' ? Int8Array.from(integers) : Uint8Array.from(integers) };
}

/** The int32 integers of a bias and their scales: inputScale · weightScale of each channel, zero point 0. */
export function quantizeBias(
  bias: OnnxTensor,
  inputScale: number,
  weights: WeightScales,
): { readonly bias: OnnxTensor; readonly scales: Float32Array } {
  const scales = weights.scales.map((scale) => inputScale * scale);
  const data = Int32Array.from(floats(bias), (value, channel) => {
    const scale = scales[weights.axis === undefined ? 0 : channel] ?? 1;
    return Math.max(-INT32_MAX - 1, Math.min(INT32_MAX, roundHalfEven(value / scale)));
  });
  return { bias: { type: 'int32', shape: [data.length], data }, scales };
}

/** Flat index → position along `axis`; 0 where there is none. */
export function channelIndex(shape: readonly number[], axis: number | undefined): (flat: number) => number {
  if (axis === undefined) return () => 0;
  const inner = sizeOf(shape.slice(axis + 1));
  const channels = shape[axis] ?? 1;
  return (flat) => Math.floor(flat / inner) % channels;
}

function floats(tensor: OnnxTensor): Float32Array {
  return tensor.data as Float32Array;
}
