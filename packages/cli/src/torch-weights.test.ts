import { createModel, findPreset, importWeights } from '@asc/models';
import { decodeSafetensors } from '@asc/train';
import { expect, it } from '@jest/globals';
import { tensor4d, type Tensor } from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import './line/tensorflow.js';

interface Golden {
  readonly shape: [number, number, number, number];
  readonly logits: readonly number[];
}

const golden = (name: string) => readFileSync(new URL(`../../../golden/weights/${name}`, import.meta.url));

/** fmix32 of MurmurHash3 as a number in [0, 1): the input golden/make/weights.py states. */
function uniform(i: number): number {
  let h = Math.imul(i ^ (i >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

it('a PyTorch checkpoint of the DCASE 2024 baseline, its own names in it, answers what it answers in PyTorch', () => {
  const { shape, logits } = JSON.parse(golden('dcase2024.json').toString()) as Golden;
  const { tensors } = decodeSafetensors(golden('dcase2024.safetensors'), 'dcase2024.safetensors');
  const { deployed } = createModel('dcase2024', { bands: shape[1], frames: shape[2] });
  importWeights(deployed, tensors, findPreset('dcase2024').pytorchNames!(deployed));
  const x = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 4 * uniform(i) - 2);
  const ours = (deployed.apply(tensor4d(x, shape)) as Tensor).dataSync();
  const largest = Math.max(...logits.map(Math.abs));
  // Float32 on both sides, 20 layers deep.
  logits.forEach((value, i) => expect(Math.abs(ours[i]! - value)).toBeLessThan(1e-4 * largest));
});
