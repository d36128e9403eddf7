import { createRng, labelSpace, ndArray, type ModelCard } from '@asc/core';
import { readAudio, renderClip } from '@asc/data';
import { frontEnd } from '@asc/features';
import { createModel } from '@asc/models';
import { exportOnnx, OnnxRunner } from '@asc/onnx';
import { describe, expect, it } from '@jest/globals';
import { softmax, tensor1d, tensor4d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import './line/tensorflow.js';

const beside = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const audio = join(process.env['ASC_DATA_DIR'] ?? beside, 'esc-scenes', 'audio');
const front = frontEnd('amfm-small');
const { sampleRateHz } = front.config;
const clipSamples = 5 * sampleRateHz;

/** The small network as published, every weight and running statistic away from where it starts. */
function livelyModel(classes: number) {
  const frames = front.frames(clipSamples);
  const { deployed } = createModel('amfm-small', { classes, bands: front.bands, frames, channels: front.channels });
  const rng = createRng(5);
  for (const layer of deployed.layers) {
    if (layer.getClassName() !== 'AscBatchNorm') continue;
    const draw = rng.split(layer.name);
    layer.setWeights(
      layer.weights.map(({ name, shape }) => {
        const values = draw.split(name.slice(layer.name.length)).fillUniform(new Float32Array(shape[0] ?? 0));
        const centred = /beta|mean/.test(name);
        return tensor1d(values.map((u) => (centred ? u - 0.5 : 0.5 + u)));
      }),
    );
  }
  return deployed;
}

/** Largest |a − b|. */
function distance(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? NaN))), 0);
}

async function compare(clips: readonly Float32Array[]): Promise<void> {
  const labels = labelSpace(['airport', 'bus', 'metro', 'park', 'tram']);
  const model = livelyModel(labels.scenes.length);
  const card = (input: ModelCard['input']): ModelCard => ({
    ...{ name: 'lively', labels, sampleRateHz, clipSamples, input, frontEnd: front.config },
  });
  const maps = clips.map((clip) => front.compute(clip));
  const shape = [clips.length, front.bands, maps[0]!.frames, front.channels] as const;
  const features = Float32Array.from(maps.flatMap((map) => [...map.data]));
  const [logits, posteriors] = tidy(() => {
    const y = model.predict(tensor4d(features, [...shape])) as Tensor;
    return [y.dataSync() as Float32Array, softmax(y).dataSync() as Float32Array];
  });
  // Posteriors that are all alike would agree whatever was exported.
  console.log('SPREAD',logits,posteriors);expect(Math.max(...posteriors) - Math.min(...posteriors)).toBeGreaterThan(0.3);

  const fromMaps = await OnnxRunner.create(exportOnnx(model, { card: card('features'), softmax: false }));
  const input = model.inputNames[0]!;
  const mapped = await fromMaps.run({ [input]: ndArray('float32', [...shape], features) });
  await fromMaps.release();
  console.log('D1',distance(Object.values(mapped)[0]!.data as Float32Array, logits));expect(distance(Object.values(mapped)[0]!.data as Float32Array, logits)).toBeLessThan(1e-4);

  const whole = exportOnnx(model, { card: card('waveform'), frontEnd: front.plan() });
  const fromSamples = await OnnxRunner.create(whole);
  const samples = Float32Array.from(clips.flatMap((clip) => [...clip]));
  const heard = await fromSamples.run({ waveform: ndArray('float32', [clips.length, clipSamples], samples) });
  await fromSamples.release();
  console.log('D2',distance(heard['probabilities']!.data as Float32Array, posteriors));expect(distance(heard['probabilities']!.data as Float32Array, posteriors)).toBeLessThan(1e-4);
}

describe('the published network, exported, is the tfjs model to 1e-4: logits of maps, posteriors of samples', () => {
  (existsSync(audio) ? it : it.skip)('on real recordings', async () => {
    const names = readdirSync(audio).filter((name) => name.endsWith('.flac'));
    const chosen = [0.1, 0.5, 0.9].map((share) => names[Math.floor(share * names.length)]!);
    const clips = await Promise.all(
      chosen.map(async (name) => {
        const { samples } = await readAudio(join(audio, name), { sampleRateHz });
        return samples.slice(0, clipSamples);
      }),
    );
    await compare(clips);
  });

  it('on an invented recording', async () => {
    await compare([renderClip({ seed: 1, clipSeconds: 5, sampleRateHz }, 'street_traffic-lyon-1-1-a.wav').samples]);
  });
});
