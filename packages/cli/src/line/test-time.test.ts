import type { FeatureMap, ModelCard } from '@asc/core';
import { defaultEvaluation } from '@asc/train';
import { describe, expect, it } from '@jest/globals';
import { testTime } from './test-time.js';

const config = defaultEvaluation().tta;
const features = { input: 'features', frontEnd: { hopSamples: 500 } } as ModelCard;
const waveform = { ...features, input: 'waveform' } as ModelCard;
const map: FeatureMap = {
  bands: 2,
  frames: 64,
  channels: 1,
  data: Float32Array.from({ length: 128 }, (_, i) => i + 1),
};
const samples: FeatureMap = { bands: 1, frames: 8000, channels: 1, data: new Float32Array(8000).map((_, i) => i) };

const copies = (seed: number, id: string, change: Partial<typeof config> = {}): number[][] => {
  const plan = testTime({ ...config, passes: 4, ...change }, seed, features)(id);
  return [...plan.of([map])].map(({ data }) => [...data]);
};

describe('test-time augmentation', () => {
  it('hears copies that depend on seed, recording and pass alone', () => {
    expect(copies(1, 'a.wav')).toEqual(copies(1, 'a.wav'));
    expect(copies(1, 'a.wav', { passes: 2 })).toEqual(copies(1, 'a.wav').slice(0, 2));
    expect(copies(2, 'a.wav')).not.toEqual(copies(1, 'a.wav'));
    expect(copies(1, 'b.wav')).not.toEqual(copies(1, 'a.wav'));
    expect(new Set(copies(1, 'a.wav').map(String)).size).toBeGreaterThan(1);
  });

  it('is the recording itself where nothing is changed', () => {
    expect(copies(1, 'a.wav', { passes: 1, shiftFrames: 0 })).toEqual([[...map.data]]);
  });

  it('rolls every band by the same frames, drawn from N(0, shiftFrames)', () => {
    const rolls = copies(3, 'a.wav', { passes: 400, shiftFrames: 5 }).map((data) => {
      const shift = data.indexOf(1);
      expect(data.slice(64).indexOf(65)).toBe(shift);
      return shift > 32 ? shift - 64 : shift;
    });
    const sd = Math.sqrt(rolls.reduce((sum, roll) => sum + roll * roll, 0) / rolls.length);
    // The deviation of 400 draws is itself within 10 %, at three standard errors.
    expect(Math.abs(sd / 5 - 1)).toBeLessThan(0.1);
  });

  it('masks feature maps, each copy in its own places; raw samples have no bands to mask', () => {
    const frequencyMask = { count: 1, maxWidth: 2 };
    const zeros = copies(1, 'a.wav', { frequencyMask, passes: 20 }).map((data) => data.filter((x) => x === 0).length);
    expect(new Set(zeros)).toEqual(new Set([0, 64]));
    expect(() => testTime({ ...config, passes: 1, frequencyMask }, 1, waveform)).toThrow(
      'this model takes raw samples',
    );
  });

  it('shifts raw samples by as much time as frames', () => {
    const [rolled] = testTime({ ...config, passes: 1, shiftFrames: 1 }, 1, waveform)('a.wav').of([samples]);
    const [frames] = testTime({ ...config, passes: 1, shiftFrames: 500 }, 1, features)('a.wav').of([samples]);
    expect(rolled).toEqual(frames);
  });

  it('hears another place of a longer recording in every pass', () => {
    const plan = testTime({ ...config, passes: 3, shiftFrames: 0 }, 1, features)('a.wav');
    const { placement } = plan;
    expect(placement.kind === 'places' && new Set(placement.shares).size).toBe(3);
    const windows = [0, 1, 2].map((value) => ({ ...map, data: new Float32Array(128).fill(value) }));
    expect([...plan.of(windows)]).toEqual(windows);
  });

  it.each([0, -1, 1001, 1.5, NaN])('refuses %p passes', (passes) => {
    expect(() => testTime({ ...config, passes }, 1, features)).toThrow('test-time passes');
  });
});
