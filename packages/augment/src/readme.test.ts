import { describe, expect, test } from '@jest/globals';
import { createRng, ndArray, type FeatureMap } from '@asc/core';
import { maskBatch, mixup, randomCrop, rollMap } from './index.js';

describe('the README example', () => {
  test('works as printed', () => {
    const rng = createRng(7);
    const epoch = 3;

    // waveform: (S) to (S')
    const sound = rng.split('noise').fillNormal(new Float32Array(1000));
    const crop = randomCrop(sound, 500, rng.split('crop', epoch, 'street.wav'));

    // one feature map: (F, T, C)
    const map: FeatureMap = { data: crop, bands: 10, frames: 50, channels: 1 };
    const rolled = rollMap(map, rng.split('roll', epoch, 'street.wav'));

    // a batch: (B, F, T, C), with its soft labels
    const batch = {
      features: ndArray('float32', [2, 10, 50, 1], Float32Array.of(...map.data, ...rolled.data)),
      scene: ndArray('float32', [2, 3], Float32Array.of(1, 0, 0, 0, 0, 1)),
    };
    const step = 12;
    const mixed = mixup(batch, 0.2, rng.split('mixup', epoch, step));
    const masks = { frequency: { count: 1, maxWidth: 4 }, time: { count: 1, maxWidth: 20 } };
    const masked = maskBatch(mixed.features, masks, rng.split('mask', epoch, step));

    expect(crop).toHaveLength(500);
    expect(masked.shape).toEqual([2, 10, 50, 1]);
    expect(mixed.scene.data.reduce((a, b) => a + b, 0)).toBeCloseTo(2, 6);
  });
});
