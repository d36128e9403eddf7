import { checkKeys, checkOneOf, checkShape, UsageError, type NdArray } from '@asc/core';

/** `truncate` as Google's code casts to bytes, `round` (halves to even) as its PyTorch port does. */
export type VggishRounding = 'truncate' | 'round';

/** What turns an embedding of E numbers into the bytes of AudioSet. */
export interface VggishPostprocessing {
  /** `pca_eigen_vectors` (E, E): row i gives component i. */
  readonly matrix: NdArray;
  /** `pca_means`, E numbers in any shape. */
  readonly means: NdArray;
  /** Default `truncate`. */
  readonly rounding?: VggishRounding;
}

/** Components are clipped to ±this and spread over the bytes. */
const CLIP = 2;

/**
 * Embeddings as the bytes of AudioSet's released features: matrix·(e − means), clipped to ±2, scaled to 0–255.
 *
 * (N, E) → (N, E) of integers 0 to 255. Source: tensorflow/models, research/audioset/vggish/vggish_postprocess.py.
 *
 * @throws UsageError where the sizes do not fit.
 */
export function vggishPostprocess(embeddings: NdArray, options: VggishPostprocessing): Uint8Array {
  checkKeys('The options of vggishPostprocess()', options, ['matrix', 'means', 'rounding']);
  const rounding = checkOneOf('rounding', options.rounding ?? 'truncate', ['truncate', 'round']);
  const { matrix, means } = options;
  const [count, size] = embeddings.shape;
  if (count === undefined || size === undefined || embeddings.shape.length !== 2) {
    throw new UsageError({
      what: 'The embeddings have the wrong number of dimensions.',
      expected: '(N, E)',
      received: `(${embeddings.shape.join(', ')})`,
    });
  }
  checkShape('The PCA matrix', matrix.shape, [size, size]);
  checkShape('The PCA means', [means.data.length], [size]);
  const bytes = new Uint8Array(count * size);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) {
        sum += matrix.data[i * size + j]! * (embeddings.data[n * size + j]! - means.data[j]!);
      }
      const scaled = (Math.min(CLIP, Math.max(-CLIP, sum)) + CLIP) * (255 / (2 * CLIP));
      bytes[n * size + i] = rounding === 'truncate' ? Math.trunc(scaled) : roundHalfToEven(scaled);
    }
  }
  return bytes;
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
