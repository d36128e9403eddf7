import { createRng, labelSpace, ndArray, type ModelCard } from '@asc/core';
import { readAudio, renderClip } from '@asc/data';
import { frontEnd } from '@asc/features';
import { createModel } from '@asc/models';
import { exportOnnx, OnnxRunner } from '@asc/onnx';
import { expect, it } from '@jest/globals';
import { mul, softmax, tensor1d, tensor4d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import './line/tensorflow.js';

const beside = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const audio = join(process.env['ASC_DATA_DIR'] ?? beside, 'esc-scenes', 'audio');
const front = frontEnd('amfm-small');
const { sampleRateHz } = front.config;
// A second each: tfjs takes over a second for one.
const clipSamples = sampleRateHz;

/** Real recordings where there are any, else invented ones: (S) each. */
async function clips(): Promise<Float32Array[]> {
  if (!existsSync(audio)) {
    const config = { seed: 1, clipSeconds: 1, sampleRateHz };
    return ['park-lyon-1-1-a.wav', 'metro-lyon-1-1-s2.wav'].map((name) => renderClip(config, name).samples);
  }
  const names = readdirSync(audio).filter((name) => name.endsWith('.flac'));
  const chosen = [0.1, 0.5, 0.9].map((share) => names[Math.floor(share * names.length)]!);
  const read = chosen.map((name) => readAudio(join(audio, name), { sampleRateHz }));
  return (await Promise.all(read)).map(({ samples }) => samples.slice(0, clipSamples));
}

/** The network as published, its norms and statistics away from where they start, its logits far apart. */
function livelyModel(classes: number): LayersModel {
  const size = { bands: front.bands, frames: front.frames(clipSamples), channels: front.channels };
  const { deployed } = createModel('amfm-small', { classes, ...size });
  const rng = createRng(5);
  for (const layer of deployed.layers) {
    if (layer.getClassName() === 'AscDense') layer.setWeights(layer.getWeights().map((w) => mul(w, 10)));
    if (layer.getClassName() !== 'AscBatchNorm') continue;
    const values = layer.weights.map(({ originalName, shape }) => {
      const draws = rng.split(originalName).fillUniform(new Float32Array(shape[0] ?? 0));
      return tensor1d(draws.map((u) => (/beta|mean/.test(originalName) ? u - 0.5 : 0.5 + u)));
    });
    layer.setWeights(values);
  }
  return deployed;
}

/** Largest |a − b|. */
function distance(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? NaN))), 0);
}

it('the published network, exported, hears in recordings what tfjs hears: logits of maps and posteriors of samples', async () => {
  const labels = labelSpace(['airport', 'bus', 'metro', 'park', 'tram']);
  const model = livelyModel(labels.scenes.length);
  const card = (input: ModelCard['input']): ModelCard => {
    return { name: 'lively', labels, sampleRateHz, clipSamples, input, frontEnd: front.config };
  };
  const heard = await clips();
  const maps = heard.map((clip) => front.compute(clip));
  const shape = [maps.length, front.bands, maps[0]!.frames, front.channels] as const;
  const features = Float32Array.from(maps.flatMap((map) => [...map.data]));
  const [logits, posteriors] = tidy(() => {
    const y = model.predict(tensor4d(features, [...shape])) as Tensor;
    return [y.dataSync(), softmax(y).dataSync()] as [Float32Array, Float32Array];
  });
  // Outputs that are all alike would agree whatever was exported.
  expect(Math.max(...posteriors) - Math.min(...posteriors)).toBeGreaterThan(0.5);

  const fromMaps = await OnnxRunner.create(exportOnnx(model, { card: card('features'), softmax: false }));
  const mapped = await fromMaps.run({ [model.inputNames[0]!]: ndArray('float32', [...shape], features) });
  await fromMaps.release();
  expect(distance(Object.values(mapped)[0]!.data as Float32Array, logits)).toBeLessThan(1e-4);

  const whole = exportOnnx(model, { card: card('waveform'), frontEnd: front.plan() });
  const fromSamples = await OnnxRunner.create(whole);
  const samples = Float32Array.from(heard.flatMap((clip) => [...clip]));
  const { probabilities } = await fromSamples.run({
    waveform: ndArray('float32', [heard.length, clipSamples], samples),
  });
  await fromSamples.release();
  expect(distance(probabilities!.data as Float32Array, posteriors)).toBeLessThan(1e-4);
});
