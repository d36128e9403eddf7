import { describe, test } from '@jest/globals';
import { expectClose, useCpuBackend } from '@asc/testing';
import { tidy, valueAndGrads } from '@tensorflow/tfjs-core';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { attentiveMaxFeatureMap } from './attentive-max-feature-map.js';
import { AverageOverAxis } from './average-over-axis.js';
import { AveragePool2D } from './average-pool2d.js';
import { BatchNorm } from './batch-norm.js';
import { cbam } from './cbam.js';
import { ChannelShuffle } from './channel-shuffle.js';
import { ChannelSlice } from './channel-slice.js';
import { Conv2D } from './conv2d.js';
import { DepthwiseConv2D } from './depthwise-conv2d.js';
import { checkCase, readCases, TOLERANCE, unpack } from './golden-case.test.helper.js';
import { GlobalResponseNorm } from './global-response-norm.js';
import { MaxFeatureMap } from './max-feature-map.js';
import { maxOverAxes } from './max-over-axes.js';
import { MaxPool2D } from './max-pool2d.js';
import { ResidualNorm } from './residual-norm.js';
import { subSpectralNorm } from './sub-spectral-norm.js';

await useCpuBackend();

const cases = { ...readCases('layers.json'), ...readCases('beyond.json') };

describe('forward, gradients and running statistics equal PyTorch', () => {
  test.each<[string, (x: SymbolicTensor) => unknown]>([
    ['max feature map', (x) => new MaxFeatureMap().apply(x)],
    ['conv', (x) => new Conv2D({ name: 'layer', filters: 3, kernelSize: [7, 3], padding: [1, 1, 7, 7] }).apply(x)],
    [
      'depthwise conv',
      (x) =>
        new DepthwiseConv2D({
          name: 'layer',
          kernelSize: 3,
          strides: [1, 2],
          padding: [1, 1, 1, 1],
          useBias: false,
        }).apply(x),
    ],
    ['batch norm', (x) => new BatchNorm({ name: 'layer' }).apply(x)],
    ['max pool, ceil', (x) => new MaxPool2D({ poolSize: 2, ceilMode: true }).apply(x)],
    ['max pool, ceil, wide stride', (x) => new MaxPool2D({ poolSize: 2, strides: 3, ceilMode: true }).apply(x)],
    ['max pool, ceil, overlapping', (x) => new MaxPool2D({ poolSize: 3, strides: 2, ceilMode: true }).apply(x)],
    ['average pool', (x) => new AveragePool2D({ poolSize: 3, strides: [1, 2], padding: [1, 1, 1, 1] }).apply(x)],
    ['global response norm', (x) => new GlobalResponseNorm({ name: 'layer' }).apply(x)],
    ['residual norm', (x) => new ResidualNorm().apply(x)],
    ['sub-spectral norm', (x) => subSpectralNorm(x, { name: 'layer', subBands: 2 })],
    ['channel shuffle', (x) => new ChannelShuffle({ groups: 3 }).apply(x)],
    ['channel slice', (x) => new ChannelSlice({ start: 1, size: 3 }).apply(x)],
    ['average over frequency', (x) => new AverageOverAxis({ axis: 'frequency' }).apply(x)],
    ['average over time', (x) => new AverageOverAxis({ axis: 'time' }).apply(x)],
    [
      'depthwise conv, three filters a channel',
      (x) =>
        new DepthwiseConv2D({
          name: 'layer',
          kernelSize: 3,
          strides: 2,
          padding: [1, 1, 1, 1],
          depthMultiplier: 3,
        }).apply(x),
    ],
    ['cbam', (x) => cbam(x, { name: 'layer', reduction: 4 })],
    ['attentive max feature map', (x) => attentiveMaxFeatureMap(x, { name: 'layer', reduction: 4 })],
  ])('%s', (name, build) => checkCase(cases[name]!, build));

  test('tied maxima', () => {
    const { x, projection, y, dx } = cases['tied maxima']!;
    tidy(() => {
      const result = valueAndGrads((t) => maxOverAxes(t!, [1, 2]))([unpack(x)], unpack(projection));
      expectClose(result.value.dataSync(), y.data);
      expectClose(result.grads[0]!.dataSync(), dx.data, TOLERANCE);
    });
  });
});
