import { freqMixStyle, maskBatch, maskMap, mixup, rollMap, shiftMap, type MaskOptions } from '@asc/augment';
import {
  checkShape,
  float32Data,
  ndArray,
  UsageError,
  type FeatureMap,
  type NdArray,
  type NdArrays,
  type Rng,
} from '@asc/core';
import type { AugmentConfig } from './recipe-schema.js';

/**
 * What a recipe does to a training batch, in this order: every map of `x` (B, F, T, C) rolled, then shifted in time by its own
 * amount; Freq-MixStyle on `x`; mixup of all arrays; masks on `x`, of the whole batch or of each clip. Each draws from a stream
 * of its own; the arrays given are not changed.
 *
 * @throws UsageError where the arrays are not float32 or of one batch, or a mask is wider than the maps.
 */
export function augmentBatch(batch: NdArrays, config: AugmentConfig, rng: Rng): NdArrays {
  const { timeRoll, timeShift, freqMixStyle: style, mixup: mixing } = config;
  const { x: given, ...targets } = batch;
  if (given === undefined) {
    throw new UsageError({
      what: 'The batch has no feature maps.',
      expected: 'x',
      received: Object.keys(batch).join(),
    });
  }
  const rolled = timeRoll ? eachMap(given, rng.split('roll'), rollMap) : given;
  const { sdFrames } = timeShift;
  const shifted =
    sdFrames > 0 ? eachMap(rolled, rng.split('shift'), (map, own) => shiftMap(map, sdFrames, own)) : rolled;
  const styled = style.probability > 0 ? freqMixStyle(shifted, style, rng.split('style')) : shifted;
  const { x = styled, ...mixed } =
    mixing.alpha > 0 ? mixup({ x: styled, ...targets }, mixing.alpha, rng.split('mixup')) : { x: styled, ...targets };
  return { x: mask(x, config, rng.split('mask')), ...mixed };
}

function mask(x: NdArray, config: AugmentConfig, rng: Rng): NdArray {
  const [shared, own] = [masksOf(config, 'batch'), masksOf(config, 'clip')];
  const masked = shared === undefined ? x : maskBatch(x, shared, rng);
  return own === undefined ? masked : eachMap(masked, rng, (map, draws) => maskMap(map, own, draws));
}

/** The masks drawn once a batch, or once a clip. */
function masksOf(config: AugmentConfig, each: 'batch' | 'clip'): MaskOptions | undefined {
  const stripes = { frequency: config.frequencyMask, time: config.timeMask };
  const drawn = Object.entries(stripes).filter(([, axis]) => axis.count > 0 && axis.each === each);
  if (drawn.length === 0) return undefined;
  return Object.fromEntries(drawn.map(([axis, { count, maxWidth }]) => [axis, { count, maxWidth }]));
}

/** A copy of `x` (B, F, T, C) with every map replaced by what `change` makes of it. */
function eachMap(x: NdArray, rng: Rng, change: (map: FeatureMap, rng: Rng) => FeatureMap): NdArray {
  const [, bands = 0, frames = 0, channels = 0] = checkShape('x', x.shape, ['B', 'F', 'T', 'C']);
  const out = ndArray('float32', x.shape, float32Data('x', x).slice());
  const size = bands * frames * channels;
  for (let clip = 0; clip * size < out.data.length; clip++) {
    const data = out.data.subarray(clip * size, (clip + 1) * size);
    data.set(change({ data, bands, frames, channels }, rng.split(clip)).data);
  }
  return out;
}
