import { DataError, TAU_2020_SCENES, UsageError, createRng } from '@asc/core';
import { afterAll, describe, expect, it } from '@jest/globals';
import { workerPool } from '../pipeline/worker-pool.js';
import { biquad } from './biquad.js';
import { SYNTHETIC_DEVICES, recordWith } from './devices.js';
import { planClips } from './plan-clips.js';
import { renderClip } from './render-clip.js';
import { SoundCanvas, wavetable } from './sound-canvas.js';
import { responseDb } from './structure.test.helper.js';

const CONFIG = { seed: 2, clipSeconds: 0.5, sampleRateHz: 8000 };
const rms = (x: Float32Array): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);
const correlation = (x: Float32Array, y: Float32Array): number =>
  x.reduce((sum, v, i) => sum + v * (y[i] ?? 0), 0) / (x.length * rms(x) * rms(y));

describe('renderClip', () => {
  const pool = workerPool(new URL('./render-worker.test.helper.js', import.meta.url), { workers: 1 });
  const render = (name: string, config = CONFIG): Promise<Float32Array> => pool.run('render', { config, name });
  afterAll(() => pool.close());

  it('makes finite sound of every scene and device, by name and seed alone', async () => {
    for (const scene of TAU_2020_SCENES) {
      for (const device of Object.keys(SYNTHETIC_DEVICES)) {
        const samples = await render(`${scene}-lyon-1-2-${device}.wav`);
        expect(samples).toHaveLength(4000);
        expect(samples.every((x) => x > -1 && x < 1)).toBe(true);
        expect(rms(samples)).toBeGreaterThan(1e-3);
      }
    }
    const name = 'tram-lyon-1-2-s1.wav';
    expect(await render(name)).toEqual(await render(`audio/${name}`));
    expect(await render(name, { ...CONFIG, seed: 3 })).not.toEqual(await render(name));
  });

  it('lets all devices hear the same segment, each in its own way', async () => {
    const by = (segment: number, device: string): Promise<Float32Array> =>
      render(`park-lyon-1-${segment}-${device}.wav`);
    expect(await by(2, 'b')).not.toEqual(await by(2, 'a'));
    expect(Math.abs(correlation(await by(2, 'a'), await by(2, 'b')))).toBeGreaterThan(0.5);
    expect(Math.abs(correlation(await by(2, 'a'), await by(3, 'a')))).toBeLessThan(0.3);
  });

  it('refuses names of no synthetic clip', () => {
    for (const name of ['x.wav', 'beach-lyon-1-2-a.wav', 'constructor-lyon-1-2-a.wav']) {
      expect(() => renderClip(CONFIG, name)).toThrow(DataError);
    }
    expect(() => renderClip(CONFIG, 'bus-lyon-1-2-z.wav')).toThrow(UsageError);
  });
});

describe('planClips', () => {
  it('keeps the proportions of TAU 2020 Mobile', () => {
    const plan = planClips(2304, 0);
    expect(plan).toHaveLength(23_040);
    expect(new Set(plan.map(({ id }) => id)).size).toBe(23_040);
    const share = (side: string, device: string): number => {
      const clips = plan.filter((clip) => clip.side === side);
      return clips.filter((clip) => clip.device === device).length / clips.length;
    };
    expect(share('train', 'a')).toBeCloseTo(0.73, 2);
    expect(share('train', 's3')).toBeCloseTo(0.054, 2);
    expect(share('train', 's5')).toBe(0);
    for (const device of Object.keys(SYNTHETIC_DEVICES)) expect(share('test', device)).toBeCloseTo(1 / 9, 3);
    expect(plan.filter(({ side }) => side === 'test').length / plan.length).toBeCloseTo(0.175, 2);
  });

  it('gives every size the clips it was asked for, and never a location two sides', () => {
    for (let size = 15; size < 80; size += 7) {
      const plan = planClips(size, 1);
      expect(new Set(plan.map(({ id }) => id)).size).toBe(10 * size);
      const trained = new Set(plan.filter(({ side }) => side === 'train').map(({ identifier }) => identifier));
      expect(plan.filter(({ side, identifier }) => side === 'test' && trained.has(identifier))).toEqual([]);
    }
  });
});

describe('the parts', () => {
  it('filter as their formulas say', () => {
    expect(responseDb(biquad('lowpass', 8000, 1000, Math.SQRT1_2), 8000, 1000)).toBeCloseTo(-3.01, 2);
    expect(responseDb(biquad('highpass', 8000, 1000, Math.SQRT1_2), 8000, 1000)).toBeCloseTo(-3.01, 2);
    expect(responseDb(biquad('peak', 8000, 1000, 2, 6), 8000, 1000)).toBeCloseTo(6, 6);
    expect(responseDb(biquad('peak', 8000, 1000, 2, 6), 8000, 0)).toBeCloseTo(0, 6);
  });

  it('hear silence as the noise of the device', () => {
    const loudness = Object.keys(SYNTHETIC_DEVICES).map((device) => {
      const silence = new Float32Array(20_000);
      recordWith(silence, 44_100, device, createRng(1));
      return 20 * Math.log10(rms(silence));
    });
    Object.values(SYNTHETIC_DEVICES).forEach(({ noiseDb }, i) => {
      // The noise's own low-pass takes some away.
      expect(loudness[i]).toBeLessThan(noiseDb + 0.2);
      expect(loudness[i]).toBeGreaterThan(noiseDb - 12);
    });
  });

  it('draw tones of the pitch, loudness and place asked for', () => {
    const canvas = new SoundCanvas(8000, 8000, createRng(1));
    const event = { startSeconds: 0.25, seconds: 0.5, loudness: () => 1, hz: () => 400 };
    canvas.tone(event, wavetable([1]));
    expect(rms(canvas.samples.subarray(0, 2000))).toBe(0);
    expect(rms(canvas.samples.subarray(2000, 6000))).toBeCloseTo(1, 2);
    expect(rms(canvas.samples.subarray(6000))).toBe(0);
    const tone = canvas.samples.subarray(2000, 6000);
    const rises = tone.filter((x, i) => x >= 0 && i > 0 && (tone[i - 1] ?? 0) < 0).length;
    expect(Math.abs(rises - 200)).toBeLessThanOrEqual(1);
  });
});
