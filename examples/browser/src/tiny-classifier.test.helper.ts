import { createRng } from '@asc/core';
import { frontEnd } from '@asc/features';
import { exportOnnx, type OnnxModel } from '@asc/onnx';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';

export const RATE_HZ = 16000;
export const SCENES = ['busy_street', 'park', 'metro_station'] as const;

/** A classifier of 1-s windows from raw samples with weights drawn, not learnt: random features tell sounds apart, too. */
export function tinyClassifier(): OnnxModel {
  const clipSamples = RATE_HZ;
  const config = { ...frontEnd('vggish').config, normalise: { kind: 'affine', offset: -4, scale: 3 } } as const;
  const ends = frontEnd(config);
  const net = sequential({
    layers: [
      layers.conv2d({ inputShape: [ends.bands, ends.frames(clipSamples), 1], filters: 8, kernelSize: 5, strides: 3 }),
      layers.reLU(),
      layers.conv2d({ filters: 16, kernelSize: 3, strides: 2 }),
      layers.reLU(),
      layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
      layers.dense({ units: SCENES.length }),
    ],
  });
  const rng = createRng('tiny classifier');
  net.setWeights(
    net.getWeights().map((weight, i) => {
      const values = new Float32Array(weight.size);
      rng.split(i).fillNormal(values);
      const fanIn = weight.shape.slice(0, -1).reduce((a, b) => a * b, 1);
      return tf.tensor(
        values.map((x) => (weight.rank === 1 ? 0 : x * Math.sqrt(2 / fanIn))),
        weight.shape,
      );
    }),
  );
  return exportOnnx(net, {
    card: {
      name: 'tiny',
      labels: { scenes: SCENES, abstracts: [], abstractOf: [] },
      sampleRateHz: RATE_HZ,
      clipSamples,
      input: 'waveform',
      frontEnd: config,
    },
    frontEnd: ends.plan(),
  });
}
