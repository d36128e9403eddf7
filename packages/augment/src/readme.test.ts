import { describe, expect, test } from '@jest/globals';
import { createRng, ndArray } from '@asc/core';
import { frontEnd } from '@asc/features';
import { binScales, changeTempo, deviceSimulator, freqMixStyle, maskBatch, mixup, shiftMap } from './index.js';

describe('the README example', () => {
  test('works as printed', () => {
    const rng = createRng(7);
    const epoch = 3;
    const clip = rng.split('augment', epoch, 'street.wav');
    const ends = frontEnd({ preset: 'amfm-small', sampleRateHz: 16_000, maxHz: 8000 });

    // waveform: (S) to (S)
    const sound = rng.split('noise').fillNormal(new Float32Array(20_000));
    const faster = changeTempo(sound, { sampleRateHz: 16_000, factor: 1.25 }); // 16,000 samples of the same pitch
    const microphone = Float32Array.of(0.6, 0.3, 0.1); // an impulse response at the same sample rate
    const heard = deviceSimulator(microphone.length).apply(faster, microphone);

    // spectrum: one factor for each FFT bin (K), before the mel filters
    const scales = binScales(ends.bins, 0.5, clip.split('bins'));
    const map = ends.compute(heard, { binScales: scales });

    // one feature map: (F, T, C)
    const shifted = shiftMap(map, 10, clip.split('shift'));

    // a batch: (B, F, T, C), with its soft labels
    const { bands, frames } = map;
    const batch = {
      features: ndArray('float32', [2, bands, frames, 1], Float32Array.of(...map.data, ...shifted.data)),
      scene: ndArray('float32', [2, 3], Float32Array.of(1, 0, 0, 0, 0, 1)),
    };
    const step = rng.split('augment', epoch, 12);
    const features = freqMixStyle(batch.features, { probability: 0.4, alpha: 0.3 }, step.split('style'));
    const mixed = mixup({ ...batch, features }, 0.2, step.split('mixup'));
    const masks = { frequency: { count: 1, maxWidth: 24 }, time: { count: 1, maxWidth: 5 } };
    const masked = maskBatch(mixed.features, masks, step.split('mask'));

    expect(faster).toHaveLength(16_000);
    expect(masked.shape).toEqual([2, bands, frames, 1]);
    expect(masked.data.every(Number.isFinite)).toBe(true);
    expect(mixed.scene.data.reduce((a, b) => a + b, 0)).toBeCloseTo(2, 6);
  });
});
