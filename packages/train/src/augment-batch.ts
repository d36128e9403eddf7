import { maskBatch, mixup, rollMap } from '@asc/augment';
import { checkShape, float32Data, ndArray, UsageError, type NdArray, type NdArrays, type Rng } from '@asc/core';
import type { AugmentConfig } from './recipe-schema.js';

/**
 * What a recipe does to a training batch, in this order: every map of `x` (B, F, T, C) rolled in time by its own amount,
 * mixup of all arrays, one set of masks on `x`. Each draws from a stream of its own; the arrays given are not changed.
 *
 * @throws UsageError where the arrays are not float32 or of one batch, or a mask is wider than the maps.
 */
export function augmentBatch(batch: NdArrays, config: AugmentConfig, rng: Rng): NdArrays {
  const { timeRoll, mixup: mixing, frequencyMask, timeMask } = config;
  const { x: given, ...targets } = batch;
  if (given === undefined) {
    throw new UsageError({
      what: 'The batch has no feature maps.',
      expected: 'x',
      received: Object.keys(batch).join(),
    });
  }
  const rolled = timeRoll ? rollEach(given, rng.split('roll')) : given;
  const { x = rolled, ...mixed } =
    mixing.alpha > 0 ? mixup({ x: rolled, ...targets }, mixing.alpha, rng.split('mixup')) : { x: rolled, ...targets };
  const masks = {
    ...(frequencyMask.count > 0 ? { frequency: frequencyMask } : {}),
    ...(timeMask.count > 0 ? { time: timeMask } : {}),
  };
  return { x: Object.keys(masks).length > 0 ? maskBatch(x, masks, rng.split('mask')) : x, ...mixed };
}

function rollEach(x: NdArray, rng: Rng): NdArray {
  const [, bands = 0, frames = 0, channels = 0] = checkShape('x', x.shape, ['B', 'F', 'T', 'C']);
  const out = ndArray('float32', x.shape, float32Data('x', x).slice());
  const size = bands * frames * channels;
  for (let clip = 0; clip * size < out.data.length; clip++) {
    const data = out.data.subarray(clip * size, (clip + 1) * size);
    data.set(rollMap({ data, bands, frames, channels }, rng.split(clip)).data);
  }
  return out;
}
