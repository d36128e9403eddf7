import { createRng, labelSpace, ndArray, type FrontEndConfig } from '@asc/core';
import { frontEnd, PRESET_NAMES, type FrontEnd } from '@asc/features';
import { exportOnnx, OnnxRunner } from '@asc/onnx';
import { describe, expect, it } from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import { input, layers, model } from '@tensorflow/tfjs-layers';

/** Samples (S) a front end has to work for: noise whose level moves, a chirp, a silent stretch. */
function clipOf(samples: number, seed: number): Float32Array {
  const clip = createRng(seed).fillNormal(new Float32Array(samples));
  return clip.map((x, i) => {
    const at = i / samples;
    if (at > 0.4 && at < 0.5) return 0;
    return 0.1 * x * (1.2 + Math.sin(20 * at)) + 0.3 * Math.sin(300 * at * (1 + 40 * at));
  });
}

/** The feature maps (2, F, T, C) that the graph of a waveform model computes before its network. */
async function mapsOfGraph(front: FrontEnd, clips: readonly Float32Array[]): Promise<Float32Array> {
  const samples = clips[0]!.length;
  const features = input({ shape: [front.bands, front.frames(samples), front.channels], name: 'features' });
  const identity = model({
    inputs: features,
    outputs: layers.activation({ activation: 'linear', name: 'map' }).apply(features) as typeof features,
  });
  const graph = exportOnnx(identity, {
    softmax: false,
    frontEnd: front.plan(),
    card: {
      name: 'map',
      labels: labelSpace(['one', 'two']),
      sampleRateHz: front.config.sampleRateHz,
      clipSamples: samples,
      input: 'waveform',
      frontEnd: front.config,
    },
  });
  const runner = await OnnxRunner.create(graph);
  const waveform = new Float32Array(clips.length * samples);
  clips.forEach((clip, i) => waveform.set(clip, i * samples));
  const outputs = await runner.run({ waveform: ndArray('float32', [clips.length, samples], waveform) });
  await runner.release();
  return Object.values(outputs)[0]!.data as Float32Array;
}

async function expectSameMaps(front: FrontEnd): Promise<void> {
  const samples = Math.round(0.6 * front.config.sampleRateHz);
  const clips = [clipOf(samples, 1), clipOf(samples, 2)];
  const expected = clips.flatMap((clip) => [...front.compute(clip).data]);
  const actual = await mapsOfGraph(front, clips);
  expect(actual.length).toBe(expected.length);
  // The graph computes in float32, and power spans twelve decades: relative to the map's largest value.
  const largest = expected.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0);
  const worst = expected.reduce((most, x, i) => Math.max(most, Math.abs(x - actual[i]!)), 0);
  expect(worst / largest).toBeLessThan(1e-4);
}

describe('the front end inside a waveform model', () => {
  it.each(PRESET_NAMES)('computes the maps of the preset %s', async (preset) => {
    await expectSameMaps(frontEnd(preset));
  });

  const small = { preset: 'dcase2024', bands: 32, fftLength: 1024, windowSamples: 800, hopSamples: 400 } as const;
  const variants: Readonly<Record<string, Partial<FrontEndConfig>>> = {
    'deltas stacked in frequency': { deltas: { order: 2, width: 5, stack: 'frequency' } },
    'one delta as a channel': { deltas: { order: 1, width: 9, stack: 'channel' } },
    'decibels cut below the peak': { log: { kind: 'db', amin: 1e-10, topDb: 60 } },
    'uncentred frames and linear bins': { center: 'none', mel: 'none', bands: 513 },
    'zero padding and magnitudes': { center: 'zero', spectrum: 'magnitude' },
    'fixed offset and scale': { normalise: { kind: 'affine', offset: -3, scale: 5 } },
  };
  it.each(Object.keys(variants))('computes %s', async (name) => {
    await expectSameMaps(frontEnd({ ...small, ...variants[name] }));
  });
});
