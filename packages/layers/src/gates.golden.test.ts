import { describe, test } from '@jest/globals';
import { useCpuBackend } from '@asc/testing';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { Conv2D } from './conv2d.js';
import { CoordinateAttention } from './coordinate-attention.js';
import { DilatedDepthwiseCross } from './dilated-depthwise-cross.js';
import { FrequencyTimePool } from './frequency-time-pool.js';
import { checkCase, readCases } from './golden-case.test.helper.js';
import { HardSwish } from './hard-swish.js';
import { HiddenStateMask, type MaskScheme } from './hidden-state-mask.js';
import { lowRankConv } from './low-rank-conv.js';
import { mfmResidual } from './mfm-residual.js';
import { SqueezeExcitation } from './squeeze-excitation.js';

await useCpuBackend();

const cases = readCases('gates.json');
const name = 'layer';
const mask =
  (scheme: MaskScheme) =>
  (x: SymbolicTensor): unknown =>
    new HiddenStateMask({ name, scheme, stripes: 2, maxBands: 3, maxFrames: 4 }).apply(x);

describe('forward, gradients and running statistics equal PyTorch', () => {
  test.each<[string, (x: SymbolicTensor) => unknown]>([
    ['squeeze and excitation', (x) => new SqueezeExcitation({ name, reduction: 4 }).apply(x)],
    ['coordinate attention', (x) => new CoordinateAttention({ name }).apply(x)],
    ['hard swish', (x) => new HardSwish({ name }).apply(x)],
    ['dilated depthwise cross', (x) => new DilatedDepthwiseCross({ name }).apply(x)],
    ['dilated depthwise cross, tiny map', (x) => new DilatedDepthwiseCross({ name }).apply(x)],
    ['frequency and time pool', (x) => new FrequencyTimePool({ name }).apply(x)],
    ['low rank conv', (x) => lowRankConv(x, { name, rank: 2, filters: 4, strides: 2 })],
    [
      'residual block',
      (x) =>
        mfmResidual(x, {
          name,
          filters: 4,
          strides: 2,
          conv: (y, config) => new Conv2D({ ...config, kernelSize: 3, padding: [1, 1, 1, 1] }).apply(y),
        }),
    ],
    ['hidden state mask, zero', mask('zero')],
    ['hidden state mask, mix', mask('mix')],
    ['hidden state mask, cut', mask('cut')],
  ])('%s', (each, build) => checkCase(cases[each]!, build));
});
