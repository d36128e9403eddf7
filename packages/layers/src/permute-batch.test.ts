import { expect, test } from '@jest/globals';
import { useCpuBackend } from '@asc/testing';
import { grad, tensor, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { HiddenStateMask } from './hidden-state-mask.js';
import { permuteBatch } from './permute-batch.js';

await useCpuBackend();

test('keys, equal ones too, give a permutation, and the gradient goes back where values came from', () => {
  const keys = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(keys, (numbers) => {
      tidy(() => {
        const size = numbers.length;
        const ids = Array.from({ length: size }, (_, i) => i);
        const column = tensor(numbers, [size, 1], 'float32');
        const x = tensor(ids, [size, 1], 'float32');
        const order = Array.from(permuteBatch(x, column).dataSync());
        expect(order.toSorted((a, b) => a - b)).toEqual(ids);
        const back = grad((t) => permuteBatch(t, column))(x, tensor(order, [size, 1], 'float32'));
        expect(Array.from(back.dataSync())).toEqual(ids);
      });
    }),
    { seed: 7, numRuns: 30 },
  );
});

test('stripes wider than the map, and unknown schemes, are refused', () => {
  const widths = { maxBands: 5, maxFrames: 2 };
  const mask = new HiddenStateMask({ name: 'mask', scheme: 'zero', ...widths });
  expect(() => mask.computeOutputShape([null, 4, 4, 1])).toThrow('maxBands ≤ 4');
  expect(() => new HiddenStateMask({ scheme: 'mean' as never, ...widths })).toThrow('scheme');
});
