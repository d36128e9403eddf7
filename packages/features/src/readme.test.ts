import { describe, expect, test } from '@jest/globals';
import { descriptors } from './descriptors.js';
import { createStream, featureMapToNpy, frontEnd } from './index.js';

describe('the example of the README', () => {
  test('works', () => {
    const samples = new Float32Array(220_500).map((_, n) => 0.3 * Math.sin(n / 20)); // 5 s at 44.1 kHz
    const map = frontEnd('amfm-small').compute(samples);
    expect([map.bands, map.frames, map.channels]).toEqual([128, 250, 1]);
    expect(featureMapToNpy(map)).toHaveLength(128 + 4 * 128 * 250);

    const stream = createStream({ preset: 'clova2021', normalise: { kind: 'none' } });
    const first = stream.push(samples.subarray(0, 100_000));
    const last = [...stream.push(samples.subarray(100_000)), ...stream.flush()];
    expect(first.length + last.length).toBe(250);

    const { names, data } = descriptors('amfm-small', ['rms', 'spectralCentroid', 'mfcc']).compute(samples);
    expect(names).toHaveLength(15);
    expect(data).toHaveLength(15 * 250);
  });
});
