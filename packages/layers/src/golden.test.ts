import { describe, expect, test } from '@jest/globals';
import { expectClose, readGolden, useCpuBackend } from '@asc/testing';
import { tensor, tidy, valueAndGrads, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { input, model, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { attentiveMaxFeatureMap } from './attentive-max-feature-map.js';
import { AverageOverAxis } from './average-over-axis.js';
import { AveragePool2D } from './average-pool2d.js';
import { BatchNorm } from './batch-norm.js';
import { cbam } from './cbam.js';
import { ChannelShuffle } from './channel-shuffle.js';
import { ChannelSlice } from './channel-slice.js';
import { Conv2D } from './conv2d.js';
import { DepthwiseConv2D } from './depthwise-conv2d.js';
import { GlobalResponseNorm } from './global-response-norm.js';
import { MaxFeatureMap } from './max-feature-map.js';
import { maxOverAxes } from './max-over-axes.js';
import { MaxPool2D } from './max-pool2d.js';
import { ResidualNorm } from './residual-norm.js';
import { subSpectralNorm } from './sub-spectral-norm.js';

await useCpuBackend();

interface Packed {
  readonly shape: number[];
  readonly data: number[];
}
interface Case {
  readonly x: Packed;
  readonly projection: Packed;
  readonly y: Packed;
  readonly dx: Packed;
  readonly weights: Record<string, Packed>;
  readonly gradients: Record<string, Packed>;
  readonly running?: Record<string, Packed>;
}

const cases: Record<string, Case> = {};
for (const file of ['layers', 'beyond']) {
  const url = new URL(`../../../golden/layers/${file}.json`, import.meta.url);
  Object.assign(cases, readGolden<{ cases: Record<string, Case> }>(url).cases);
}
const unpack = ({ shape, data }: Packed): Tensor => tensor(data, shape, 'float32');

/** float32 on both sides, sums of up to a few hundred terms in different orders. */
const TOLERANCE = { rtol: 1e-4, atol: 1e-5 };

function network(build: (x: SymbolicTensor) => unknown, shape: number[]): LayersModel {
  const features = input({ shape: shape.slice(1) });
  return model({ inputs: features, outputs: build(features) as SymbolicTensor });
}

function checkCase(name: string, build: (x: SymbolicTensor) => unknown): void {
  const golden = cases[name]!;
  const net = network(build, golden.x.shape);
  const byName = new Map(net.weights.map((weight) => [weight.originalName, weight]));
  for (const [key, value] of Object.entries(golden.weights)) byName.get(key)!.write(unpack(value));
  tidy(() => {
    const variables = net.trainableWeights.map((weight) => weight.read() as Variable);
    const forward = (...tensors: Tensor[]): Tensor => net.apply(tensors[0]!, { training: true }) as Tensor;
    const { value, grads } = valueAndGrads(forward)([unpack(golden.x), ...variables], unpack(golden.projection));
    expect(value.shape).toEqual(golden.y.shape);
    expectClose(value.dataSync(), golden.y.data, { ...TOLERANCE, what: 'output' });
    expectClose(grads[0]!.dataSync(), golden.dx.data, { ...TOLERANCE, what: 'input gradient' });
    expect(net.trainableWeights.map((weight) => weight.originalName).sort()).toEqual(
      Object.keys(golden.weights).sort(),
    );
    for (const [i, weight] of net.trainableWeights.entries()) {
      const expected = golden.gradients[weight.originalName]!;
      expect(grads[i + 1]!.shape).toEqual(expected.shape);
      expectClose(grads[i + 1]!.dataSync(), expected.data, {
        ...TOLERANCE,
        what: `gradient of ${weight.originalName}`,
      });
    }
  });
  for (const [key, value] of Object.entries(golden.running ?? {})) {
    expectClose(byName.get(key)!.read().dataSync(), value.data, { ...TOLERANCE, what: key });
  }
}

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
  ])('%s', checkCase);

  test('tied maxima', () => {
    const { x, projection, y, dx } = cases['tied maxima']!;
    tidy(() => {
      const result = valueAndGrads((t) => maxOverAxes(t!, [1, 2]))([unpack(x)], unpack(projection));
      expectClose(result.value.dataSync(), y.data);
      expectClose(result.grads[0]!.dataSync(), dx.data, TOLERANCE);
    });
  });
});
