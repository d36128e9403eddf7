import { ndArray, type NdArrays } from '@asc/core';
import { decodeNpz } from '@asc/features';
import { createModel, loadVggishWeights, vggishPostprocess, type VggishRounding } from '@asc/models';
import { readOnnxFile } from '@asc/onnx';
import { decodeSafetensors } from '@asc/train';
import { describe, expect, test } from '@jest/globals';
import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import './line/tensorflow.js';

const path = (file: string): string => fileURLToPath(new URL(`../../../golden/models/${file}`, import.meta.url));

interface Golden {
  readonly embedding: number[];
  readonly matrix: number[];
  readonly means: number[];
  readonly vectors: number[];
  readonly truncate: number[];
  readonly round: number[];
}
const golden = JSON.parse(readFileSync(path('vggish-checkpoint.json'), 'utf8')) as Golden;

const SMALL = { width: 1, bands: 32, frames: 16 };
const safetensors = (): NdArrays => decodeSafetensors(readFileSync(path('vggish.safetensors')), 'vggish').tensors;

/** The input of golden/make/models_zhang2019.py: 4u − 2 with array index −1. */
function goldenInput(): Tensor {
  const values = Float32Array.from({ length: 2 * 32 * 16 }, (_, i) => {
    let h = Math.imul(i ^ (i >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (4 * ((h ^ (h >>> 16)) >>> 0)) / 2 ** 32 - 2;
  });
  return tensor(values, [2, 32, 16, 1]);
}

describe('VGGish takes the weights of a checkpoint made by PyTorch', () => {
  test.each<[string, () => NdArrays | Promise<NdArrays>]>([
    ['in .safetensors', safetensors],
    ['in .npz, under TensorFlow’s names', () => decodeNpz(readFileSync(path('vggish.npz')))],
    ['in compressed .npz, with output numbers', () => decodeNpz(readFileSync(path('vggish-compressed.npz')))],
    [
      'in .onnx',
      async () => {
        const { initializers } = await readOnnxFile(path('vggish.onnx'));
        return Object.fromEntries(
          [...initializers].map(([name, { shape, data }]) => [name, ndArray('float32', shape, data as Float32Array)]),
        );
      },
    ],
  ])('%s', async (_, read) => {
    const net = createModel('vggish', { ...SMALL, classes: 8 });
    loadVggishWeights(net, await read());
    const embedding = (net.deployed.apply(goldenInput()) as Tensor).dataSync();
    const largest = Math.max(...golden.embedding.map(Math.abs));
    expect(embedding).toHaveLength(golden.embedding.length);
    // float32 on both sides, nine layers deep.
    for (const [i, value] of golden.embedding.entries()) {
      expect(Math.abs(embedding[i]! - value)).toBeLessThan(1e-4 * largest);
    }
  });

  test('below a head of its own', () => {
    const net = createModel('vggish-aed', { ...SMALL, classes: 5, embeddingSize: 8 });
    const values = (layer: string): number[] =>
      net.deployed
        .getLayer(layer)
        .getWeights()
        .flatMap((w) => Array.from(w.dataSync()));
    const head = values('events');
    loadVggishWeights(net, { ...safetensors(), 'pproc.pca_means': ndArray('float32', [1]) });
    expect(values('events')).toEqual(head);
    expect(values('fc2').slice(-8)).toEqual(Array.from(safetensors()['embeddings.4.bias']!.data));
  });

  test('and refuses others', () => {
    const net = createModel('vggish', { ...SMALL, classes: 8 });
    expect(() => loadVggishWeights(net, {})).toThrow('"vggish/conv1/weights" or "features.0.weight"');
    const { 'features.3.bias': _, ...missing } = safetensors();
    expect(() => loadVggishWeights(net, missing)).toThrow('features.3.bias');
    expect(() => loadVggishWeights(createModel('vggish', { ...SMALL, classes: 4 }), safetensors())).toThrow('shape');
    const other = createModel('zhang2019', { width: 1, frames: 16 });
    expect(() => loadVggishWeights(other, safetensors())).toThrow('not a VGGish');
  });
});

describe('an .npz file', () => {
  const bytes = readFileSync(path('vggish-compressed.npz'));
  test.each<[string, Uint8Array, string]>([
    ['that is empty', new Uint8Array(0), 'ZIP'],
    ['cut short', bytes.subarray(0, 900), 'ZIP'],
    ['without its head', bytes.subarray(40), 'other bytes'],
  ])('%s is refused', async (_, damaged, message) => {
    await expect(decodeNpz(damaged)).rejects.toThrow(message);
  });

  test('with damaged data is refused', async () => {
    const damaged = Uint8Array.from(bytes);
    damaged.fill(0xff, 80, 140);
    await expect(decodeNpz(damaged)).rejects.toThrow('Not a .np');
  });
});

describe('post-processing equals NumPy', () => {
  const array = (values: number[], ...shape: number[]) => ndArray('float32', shape, Float32Array.from(values));
  const vectors = array(golden.vectors, 12, 8);
  const matrix = array(golden.matrix, 8, 8);
  const means = array(golden.means, 8, 1);

  test.each<VggishRounding>(['truncate', 'round'])('%s', (rounding) => {
    expect(Array.from(vggishPostprocess(vectors, { matrix, means, rounding }))).toEqual(golden[rounding]);
  });

  test('and truncates where nothing is said', () => {
    expect(Array.from(vggishPostprocess(vectors, { matrix, means }))).toEqual(golden.truncate);
    expect(golden.truncate).not.toEqual(golden.round);
    expect(() => vggishPostprocess(vectors, { matrix: means, means })).toThrow('(8, 8)');
  });
});
