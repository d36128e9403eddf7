import { describe, expect, test } from '@jest/globals';
import { expectClose, readGolden, useCpuBackend } from '@asc/testing';
import { ones, tensor, tidy, valueAndGrads, zeros, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { input, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { AttentivePool } from './attentive-pool.js';
import type { AscLayer } from './asc-layer.js';
import { FlattenBands } from './flatten-bands.js';
import { LayerNorm } from './layer-norm.js';
import { MultiHeadAttention } from './multi-head-attention.js';
import { SinusoidalPositions } from './sinusoidal-positions.js';

await useCpuBackend();

interface Packed {
  readonly shape: number[];
  readonly data: number[];
}
interface Case {
  readonly inputs: Packed[];
  readonly mask?: Packed;
  readonly projection: Packed;
  readonly y: Packed;
  readonly dx: Packed[];
  readonly weights: Record<string, Packed>;
  readonly gradients: Record<string, Packed>;
}

const { cases } = readGolden<{ cases: Record<string, Case> }>(
  new URL('../../../golden/layers/attention.json', import.meta.url),
);
const unpack = ({ shape, data }: Packed): Tensor => tensor(data, shape, 'float32');

/** float32 on both sides, sums of up to a few hundred terms in different orders. */
const TOLERANCE = { rtol: 1e-4, atol: 1e-5 };

/** Built by symbolic inputs (the mask last), as in a model. */
function build(layer: AscLayer, shapes: readonly number[][]): AscLayer {
  const symbolic = shapes.map((shape) => input({ shape: shape.slice(1) }));
  layer.apply(symbolic.length === 1 ? symbolic[0]! : symbolic);
  return layer;
}

describe('forward and gradients equal PyTorch', () => {
  const attention = (heads: number, innerSize: number) => () =>
    new MultiHeadAttention({ name: 'layer', heads, innerSize });
  test.each<[string, () => AscLayer]>([
    ['layer norm', () => new LayerNorm({ name: 'layer' })],
    ['self-attention', attention(2, 8)],
    ['self-attention, wide', attention(2, 12)],
    ['cross-attention', attention(4, 8)],
    ['cross-attention, masked', attention(4, 8)],
    ['sinusoidal positions', () => new SinusoidalPositions()],
    ['attentive pool', () => new AttentivePool({ name: 'layer', heads: 3, units: 5 })],
    ['flatten bands', () => new FlattenBands()],
  ])('%s', (name, make) => {
    const golden = cases[name]!;
    const masks = golden.mask === undefined ? [] : [golden.mask];
    const layer = build(
      make(),
      [...golden.inputs, ...masks].map(({ shape }) => shape),
    );
    for (const weight of layer.weights) weight.write(unpack(golden.weights[weight.originalName]!));
    tidy(() => {
      const inputs = golden.inputs.map(unpack);
      const variables = layer.trainableWeights.map((weight) => weight.read() as Variable);
      const forward = (...tensors: Tensor[]): Tensor =>
        layer.apply([...tensors.slice(0, inputs.length), ...masks.map(unpack)], { training: true }) as Tensor;
      const { value, grads } = valueAndGrads(forward)([...inputs, ...variables], unpack(golden.projection));
      expect(value.shape).toEqual(golden.y.shape);
      expectClose(value.dataSync(), golden.y.data, { ...TOLERANCE, what: 'output' });
      const names = layer.trainableWeights.map((weight) => weight.originalName);
      expect([...names].sort()).toEqual(Object.keys(golden.gradients).sort());
      const expected = [...golden.dx, ...names.map((each) => golden.gradients[each]!)];
      for (const [i, gradient] of grads.entries()) {
        expect(gradient.shape).toEqual(expected[i]!.shape);
        expectClose(gradient.dataSync(), expected[i]!.data, { ...TOLERANCE, what: `gradient ${i}` });
      }
    });
  });
});

describe('attention', () => {
  const layer = (): MultiHeadAttention => new MultiHeadAttention({ name: 'layer', heads: 2, innerSize: 6 });
  const symbolic = (...shape: number[]): SymbolicTensor => input({ shape });

  test('over a mask of ones is attention without one, and what is hidden does not matter', () => {
    const built = build(layer(), [
      [1, 3, 4],
      [1, 3, 4],
      [1, 3],
    ]);
    tidy(() => {
      const x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6], [1, 3, 4]);
      const plain = (built.apply([x, x]) as Tensor).dataSync();
      expectClose((built.apply([x, x, ones([1, 3])]) as Tensor).dataSync(), plain);
      const other = tensor([1, 2, 3, 4, 5, 6, 7, 8, -50, 20, 0, 9], [1, 3, 4]);
      const mask = tensor([1, 1, 0], [1, 3]);
      const hidden = [x, other].map((memory) => (built.apply([x, memory, mask]) as Tensor).dataSync());
      expectClose(hidden[0]!, hidden[1]!);
    });
  });

  test('from another sequence counts the MACs of both', () => {
    const cross = build(layer(), [
      [1, 3, 4],
      [1, 5, 2],
    ]);
    expect(cross.macs([null, 3, 4])).toBe(2 * 3 * 4 * 6 + 2 * 5 * 2 * 6 + 2 * 3 * 5 * 6);
  });

  test.each<[string, () => unknown, string]>([
    ['heads that do not divide', () => new MultiHeadAttention({ heads: 4, innerSize: 6 }), 'a multiple of 4'],
    ['a map', () => layer().apply(symbolic(2, 3, 4)), 'cannot attend'],
    ['a mask of another length', () => layer().apply([symbolic(3, 4), symbolic(5, 4), symbolic(4)]), 'cannot attend'],
    ['no heads', () => new AttentivePool({ heads: 0, units: 2 }), 'heads'],
    ['a sequence for a map', () => new FlattenBands().apply(symbolic(3, 4)), '(B, F, T, C)'],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message);
  });

  test('a layer of blank seed has weights of zero', () => {
    const blank = new AttentivePool({ heads: 2, units: 3, seed: -1 });
    blank.apply(symbolic(4, 5));
    expect(blank.getWeights().flatMap((weight) => Array.from(weight.dataSync()))).toEqual(
      Array.from(zeros([5 * 3 + 3 * 2]).dataSync()),
    );
  });
});
