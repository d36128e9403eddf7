import { createRng, labelSpace, type ModelCard } from '@asc/core';
import { frontEnd } from '@asc/features';
import { encodeOnnx, setModelCard, type OnnxModel, type OnnxTensor } from '@asc/onnx/model';

/** Rate of the tiny models: a window is a tenth of a second. */
export const RATE = 8000;
export const WINDOW = 800;

/** A classifier of three scenes with random weights: softmax(x · w), of raw samples or of a front end's maps. */
export function tinyModel(input: ModelCard['input'] = 'waveform'): OnnxModel {
  const ends = frontEnd({
    preset: 'dcase2024',
    sampleRateHz: RATE,
    windowSamples: 160,
    hopSamples: 80,
    fftLength: 256,
    bands: 8,
    minHz: 0,
    maxHz: RATE / 2,
  });
  const { bands, channels } = ends;
  const map = [bands, ends.frames(WINDOW), channels];
  const size = input === 'waveform' ? WINDOW : map.reduce((product, each) => product * each, 1);
  const weights = createRng(1).fillNormal(new Float32Array(size * 3));
  const model: OnnxModel = {
    irVersion: 8,
    producer: 'test',
    opsets: { '': 17 },
    graphName: 'tiny',
    inputs: [{ name: input, type: 'float32', shape: ['B', ...(input === 'waveform' ? [WINDOW] : map)] }],
    outputs: [{ name: 'probabilities', type: 'float32', shape: ['B', 3] }],
    valueInfo: [],
    nodes: [
      { op: 'Reshape', domain: '', name: 'flat', inputs: [input, 'size'], outputs: ['flat'], attributes: {} },
      { op: 'MatMul', domain: '', name: 'product', inputs: ['flat', 'w'], outputs: ['scores'], attributes: {} },
      { op: 'Softmax', domain: '', name: 'out', inputs: ['scores'], outputs: ['probabilities'], attributes: {} },
    ],
    initializers: new Map<string, OnnxTensor>([
      ['w', { type: 'float32', shape: [size, 3], data: weights }],
      ['size', { type: 'int64', shape: [2], data: BigInt64Array.of(-1n, BigInt(size)) }],
    ]),
    metadata: {},
  };
  setModelCard(model, {
    name: 'tiny',
    labels: labelSpace(['bus', 'park', 'tram']),
    sampleRateHz: RATE,
    clipSamples: WINDOW,
    input,
    frontEnd: ends.config,
  });
  return model;
}

/** The bytes of a {@link tinyModel}. */
export function tinyBytes(input: ModelCard['input'] = 'waveform'): Uint8Array {
  return encodeOnnx(tinyModel(input));
}

/** Quiet noise (S). */
export function noise(samples: number, seed = 1): Float32Array {
  return createRng(seed)
    .fillNormal(new Float32Array(samples))
    .map((x) => 0.1 * x);
}
