import type { OnnxTensor } from '@asc/onnx';
import { channelIndex, quantizeWeight, weightLimits, type WeightScales } from './quantize-weights.js';

/** Sums of products of a layer's inputs, Σ xᵢ·xⱼ over all positions it was applied at: (groups, K, K) for K inputs an output. */
export interface InputGram {
  readonly groups: number;
  readonly inputs: number;
  readonly sums: Float64Array;
}

/** Flips that gain less than this share of the error are noise of the sums. */
const LEAST_GAIN = 1e-6;

/**
 * The 8-bit integers of a weight tensor, each the one below or above its number: chosen, output channel by output channel, so
 * that the squared error of the layer's outputs, δᵀ·G·δ for the rounding errors δ and the Gram matrix G of its inputs, is least.
 *
 * Source: Nagel et al. 2020, "Up or down? Adaptive rounding for post-training quantization" (AdaRound), whose objective this
 * is. Its relaxed problem is not solved here: greedy coordinate descent from the nearest integers flips the weight that
 * gains most until none gains, which is deterministic and never worse than the start.
 *
 * @param axis Output channels of the weight: 0 for (C, …), 1 for (K, C).
 */
export function roundAdaptively(weight: OnnxTensor, scales: WeightScales, axis: number, gram: InputGram): OnnxTensor {
  const nearest = quantizeWeight(weight, scales);
  const channels = weight.shape[axis] ?? 1;
  const { inputs, groups } = gram;
  if (channels * inputs !== weight.data.length) return nearest;
  const values = weight.data as Float32Array;
  const integers = Array.from(nearest.data, Number);
  const scaleOf = channelIndex(weight.shape, scales.axis);
  const { min, max } = weightLimits(scales.type);
  for (let channel = 0; channel < channels; channel++) {
    const place = (k: number): number => (axis === 0 ? channel * inputs + k : k * channels + channel);
    const scale = scales.scales[scaleOf(place(0))] ?? 1;
    const group = Math.floor((channel * groups) / channels);
    const matrix = gram.sums.subarray(group * inputs * inputs, (group + 1) * inputs * inputs);
    /** The rounding error as it is, and how it changes where the weight goes to its other neighbour. */
    const errors = new Float64Array(inputs);
    const steps = new Float64Array(inputs);
    for (let k = 0; k < inputs; k++) {
      const exact = (values[place(k)] ?? 0) / scale + scales.zeroPoint;
      const integer = integers[place(k)] ?? 0;
      const other = integer > exact ? integer - 1 : integer + 1;
      errors[k] = (integer - exact) * scale;
      // A number that is an integer stays: zeros stay zero.
      if (integer !== exact && other >= min && other <= max) steps[k] = (other - integer) * scale;
    }
    for (const k of flips(matrix, errors, steps))
      integers[place(k)] = (integers[place(k)] ?? 0) + Math.sign(steps[k] ?? 0);
  }
  return { ...nearest, data: scales.type === 'int8' ? Int8Array.from(integers) : Uint8Array.from(integers) };
}

/** The coordinates to move by their step so that δᵀ·G·δ is a local minimum. */
function flips(matrix: Float64Array, errors: Float64Array, steps: Float64Array): number[] {
  const size = errors.length;
  const moves = Float64Array.from(steps);
  const slopes = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    const error = errors[k] ?? 0;
    if (error !== 0) for (let i = 0; i < size; i++) slopes[i] = (slopes[i] ?? 0) + error * (matrix[k * size + i] ?? 0);
  }
  let total = 0;
  for (let k = 0; k < size; k++) total += (errors[k] ?? 0) * (slopes[k] ?? 0);
  const least = LEAST_GAIN * Math.abs(total);
  const moved = new Set<number>();
  for (;;) {
    let [best, gain] = [-1, least];
    for (let k = 0; k < size; k++) {
      const move = moves[k] ?? 0;
      const gained = -move * (2 * (slopes[k] ?? 0) + move * (matrix[k * size + k] ?? 0));
      if (gained > gain) [best, gain] = [k, gained];
    }
    if (best < 0) return [...moved];
    const move = moves[best] ?? 0;
    for (let i = 0; i < size; i++) slopes[i] = (slopes[i] ?? 0) + move * (matrix[best * size + i] ?? 0);
    // Back again is the other way.
    moves[best] = -move;
    if (!moved.delete(best)) moved.add(best);
  }
}
