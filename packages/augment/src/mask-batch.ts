import { checkShape, float32Data, ndArray, type NdArray, type Rng, type TypedNdArray } from '@asc/core';
import { drawSpans, zeroSpansInPlace, type MaskOptions } from './mask-spans.js';

/**
 * A copy of a batch with the same random bands and frames of every map set to zero: (B, F, T, C) to (B, F, T, C).
 * Source: SpecAugment as Shim and others (arXiv 2104.07213) apply it, one mask for the whole batch.
 *
 * @throws UsageError where the batch is not float32 (B, F, T, C), and as {@link maskMap} for the options.
 */
export function maskBatch(batch: NdArray, options: MaskOptions, rng: Rng): TypedNdArray<'float32'> {
  const out = ndArray('float32', batch.shape, float32Data('The batch of feature maps', batch).slice());
  const [, bands = 0, frames = 0, channels = 0] = checkShape('The batch of feature maps', out.shape, [
    'B',
    'F',
    'T',
    'C',
  ]);
  const spans = drawSpans(options, bands, frames, rng);
  const mapLength = bands * frames * channels;
  for (let start = 0; start < out.data.length; start += mapLength) {
    zeroSpansInPlace(out.data.subarray(start, start + mapLength), spans, bands, frames, channels);
  }
  return out;
}
