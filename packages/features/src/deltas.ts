import { DataError, type FrontEndConfig } from '@asc/core';

/** How many differences over time join a map, over how many frames, and where. */
export type DeltaConfig = FrontEndConfig['deltas'];

/**
 * Savitzky–Golay weights (width) of derivative `order`, oldest frame first: the `order`-th derivative of the polynomial
 * of that degree fitted to `width` frames, as librosa.feature.delta has it.
 *
 * Order 1 is the regression slope j/Σj²; order 2 is 2(j² − m)/Σ(j² − m)², m the mean of j², j = −width/2 … width/2.
 */
export function deltaKernel(order: 1 | 2, width: number): Float64Array {
  const half = (width - 1) / 2;
  const basis = Float64Array.from({ length: width }, (_, i) => (i - half) ** order);
  const mean = basis.reduce((sum, x) => sum + x, 0) / width;
  const centred = basis.map((x) => x - mean);
  const energy = centred.reduce((sum, x) => sum + x * x, 0);
  return centred.map((x) => (order * x) / energy);
}

/** The kernels a configuration asks for: one per order. */
export function deltaKernels(config: DeltaConfig): readonly Float64Array[] {
  const orders = ([1, 2] as const).filter((order) => order <= config.order);
  return orders.map((order) => deltaKernel(order, config.width));
}

/** @throws DataError where there are fewer frames than one delta window. */
export function checkDeltaFrames(config: DeltaConfig, frames: number): void {
  if (config.order === 0 || frames >= config.width) return;
  throw new DataError({
    what: 'The clip is too short for its deltas.',
    expected: `at least ${config.width} frames, the delta width`,
    received: `${frames}`,
    hint: 'Use longer clips or a smaller `deltas.width`.',
  });
}

/**
 * One frame with its deltas, as one row (F′, C): `out[at…]`.
 *
 * @param frames (T, F) static frames.
 * @param first the first of the `width` frames the deltas are fitted to.
 * @param t the frame itself, which may lie off the fit's centre at a clip's edges.
 */
export function stackFrame(
  config: DeltaConfig,
  kernels: readonly Float64Array[],
  frames: Float32Array,
  bands: number,
  first: number,
  t: number,
  out: Float32Array,
  at: number,
): void {
  const channels = kernels.length + 1;
  const [bandStep, orderStep] = config.stack === 'channel' ? [channels, 1] : [1, bands];
  for (let f = 0; f < bands; f += 1) out[at + f * bandStep] = frames[t * bands + f]!;
  for (let order = 1; order < channels; order += 1) {
    const kernel = kernels[order - 1]!;
    const to = at + order * orderStep;
    for (let f = 0; f < bands; f += 1) {
      let sum = 0;
      for (let j = 0, i = first * bands + f; j < kernel.length; j += 1, i += bands) sum += kernel[j]! * frames[i]!;
      out[to + f * bandStep] = sum;
    }
  }
}

/**
 * The values of one band over time (T) to their derivative by `kernel`, in `out` (T).
 *
 * Edges follow librosa's `mode='interp'`: the first and last width/2 frames take the polynomial fitted to the first and
 * last `width` frames. Its `order`-th derivative is constant, so they repeat the nearest full window. The sum is in
 * {@link stackFrame}'s order.
 */
export function deltaRow(kernel: Float64Array, values: Float32Array, out: Float32Array): void {
  const width = kernel.length;
  const half = (width - 1) / 2;
  const last = values.length - width;
  for (let first = 0; first <= last; first = (first + 1) | 0) {
    let sum = 0;
    for (let j = 0; j < width; j = (j + 1) | 0) sum += kernel[j]! * values[first + j]!;
    out[first + half] = sum;
  }
  fillEdges(out, half);
}

/** Repeats the first and last derivative of a whole window to the ends of a row. */
export function fillEdges(row: Float32Array, half: number): Float32Array {
  const last = row.length - half - 1;
  return row.fill(row[half]!, 0, half).fill(row[last]!, last + 1);
}
