import { sizeOf } from '@asc/core';
import type { OnnxTensor } from '@asc/onnx';
import { roundHalfEven, symmetricScale } from './quantization-parameters.js';

/** int32's positive limit; the bias is kept within ± this. */
const INT32_MAX = 2 ** 31 - 1;

/** One scale per channel of `axis`, zero points 0. */
export interface WeightScales {
  readonly axis: number;
  readonly scales: Float32Array;
}

/** Symmetric int8 scales of each channel of a float32 weight tensor. */
export function weightScales(weight: OnnxTensor, axis: number): WeightScales {
  const absMax = new Float64Array(weight.shape[axis] ?? 1);
  const channelOf = channelIndex(weight.shape, axis);
  floats(weight).forEach((value, i) => {
    const channel = channelOf(i);
    absMax[channel] = Math.max(absMax[channel] ?? 0, Math.abs(value));
  });
  return { axis, scales: Float32Array.from(absMax, symmetricScale) };
}

/**
 * `weights` with the scales raised where the int32 bias, whose scale is inputScale · weightScale, would overflow: a channel
 * of nearly zero weights with a large bias. As `_adjust_weight_scale_for_int32_bias` of onnxruntime 1.30.
 */
export function raiseForBias(weights: WeightScales, inputScale: number, bias: OnnxTensor): WeightScales {
  const values = floats(bias);
  const scales = weights.scales.map((scale, channel) => {
    // The product is float32 there, the quotient float64.
    const widest = Math.fround(Math.fround(1.0001) * 2 * Math.abs(values[channel] ?? 0));
    const smallest = widest / (2 * INT32_MAX);
    const candidate = inputScale * scale;
    return candidate > 0 && candidate < smallest ? scale * (smallest / candidate) : scale;
  });
  return { axis: weights.axis, scales };
}

/** The int8 integers of a weight tensor. */
export function quantizeWeight(weight: OnnxTensor, { axis, scales }: WeightScales): OnnxTensor {
  const channelOf = channelIndex(weight.shape, axis);
  const data = Int8Array.from(floats(weight), (value, i) => {
    const scale = scales[channelOf(i)] ?? 1;
    return Math.max(-127, Math.min(127, roundHalfEven(Math.fround(value / scale))));
  });
  return { type: 'int8', shape: weight.shape, data };
}

/** The int32 integers of a bias and their scales: inputScale · weightScale of each channel, zero point 0. */
export function quantizeBias(
  bias: OnnxTensor,
  inputScale: number,
  weights: WeightScales,
): { readonly bias: OnnxTensor; readonly scales: Float32Array } {
  const scales = weights.scales.map((scale) => inputScale * scale);
  const data = Int32Array.from(floats(bias), (value, channel) =>
    Math.max(-INT32_MAX - 1, Math.min(INT32_MAX, roundHalfEven(value / (scales[channel] ?? 1)))),
  );
  return { bias: { type: 'int32', shape: [data.length], data }, scales };
}

/** Flat index → position along `axis`. */
function channelIndex(shape: readonly number[], axis: number): (flat: number) => number {
  const inner = sizeOf(shape.slice(axis + 1));
  const channels = shape[axis] ?? 1;
  return (flat) => Math.floor(flat / inner) % channels;
}

function floats(tensor: OnnxTensor): Float32Array {
  return tensor.data as Float32Array;
}
