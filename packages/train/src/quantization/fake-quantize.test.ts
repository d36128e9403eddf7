import '@tensorflow/tfjs-backend-cpu';
import { createRng, ndArray } from '@asc/core';
import { compileStep } from '@asc/onnx';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
// Registers the gradients of tfjs.
import '@tensorflow/tfjs-layers';
import { readFileSync } from 'node:fs';
import { fakeQuantize, gridOf, roundToScale, weightScale } from './fake-quantize.js';

/** Of torch 2.13; on the whole tensors, ONNX Runtime's QuantizeLinear and DequantizeLinear gave the same y to the bit. */
const golden = JSON.parse(
  readFileSync(new URL('../../../../golden/train/fake-quantize.json', import.meta.url), 'utf8'),
) as { readonly tensors: readonly TensorCase[]; readonly channels: readonly ChannelCase[] };

interface TensorCase extends Record<'x' | 'dy' | 'y' | 'dx', number[]> {
  readonly name: string;
  readonly scale: number;
  readonly low: number;
  readonly high: number;
}

interface ChannelCase extends Record<'w' | 'dy' | 'y' | 'dw' | 'shape', number[]> {
  readonly axis: number;
}

/** y and dx of a function of one tensor, by tfjs and by its trace in ONNX Runtime. */
async function bothWays(x: number[], dy: number[], shape: number[], f: (x: tf.Tensor) => tf.Tensor) {
  const step = ({ x: given, dy: slope }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    const { value, grad } = tf.valueAndGrad((input: tf.Tensor) => tf.sum(tf.mul(f(input), slope!)))(given!);
    value.dispose();
    return { y: f(given!), dx: grad };
  };
  const spec = { dtype: 'float32' as const, shape };
  const arrays = {
    x: ndArray('float32', shape, Float32Array.from(x)),
    dy: ndArray('float32', shape, Float32Array.from(dy)),
  };
  const results = [];
  for (const engine of ['eager', 'cpu'] as const) {
    const compiled = await compileStep(step, { inputs: { x: spec, dy: spec }, engine, threads: 1 });
    const { y, dx } = await compiled.run(arrays, createRng(1));
    await compiled.release();
    results.push([Array.from(y!.data), Array.from(dx!.data)] as const);
  }
  return results;
}

/** float32 numbers have been printed with all their digits; −0 is 0. */
const exactly = (values: readonly number[]): number[] => values.map((value) => Math.fround(value) + 0);

describe('fake quantization', () => {
  test.each(golden.tensors)('of a tensor ($name) is that of torch, forward and backward', async (kase) => {
    const { x, dy, y, dx, scale, low, high } = kase;
    const grid = () => ({ scale: tf.scalar(scale), low: tf.scalar(low), high: tf.scalar(high) });
    for (const [value, slope] of await bothWays(x, dy, [x.length], (input) => fakeQuantize(input, grid()))) {
      expect(exactly(value)).toEqual(exactly(y));
      expect(exactly(slope)).toEqual(exactly(dx));
    }
  });

  test.each(golden.channels)(
    'of weights with a scale for each channel of axis $axis is that of torch',
    async (kase) => {
      const { w, dy, y, dw, shape, axis } = kase;
      const rounded = (weight: tf.Tensor) => roundToScale(weight, weightScale(weight, axis));
      for (const [value, slope] of await bothWays(w, dy, shape, rounded)) {
        // torch multiplies by the rounded reciprocal of a scale: the same steps, and the last bit of the product may differ.
        value.forEach((number, i) => expect(Math.abs(number - y[i]!)).toBeLessThanOrEqual(1e-6 * Math.abs(y[i]!)));
        expect(exactly(slope)).toEqual(exactly(dw));
      }
    },
  );

  test('ranges get grids that hold 0 and cover them, a range of nothing included', () => {
    tf.tidy(() => {
      const { scale, low, high } = gridOf(tf.tensor1d([-1, 2, 0]), tf.tensor1d([1.55, 10.2, 0]), 'uint8');
      const steps = Array.from(scale.dataSync(), (size) => Math.round(size * 1e6) / 1e6);
      expect(steps).toEqual([0.01, 0.04, 1]);
      expect([...low.dataSync()].map((value) => value + 0)).toEqual([-100, 0, 0]);
      expect([...high.dataSync()]).toEqual([155, 255, 255]);
    });
  });
});
