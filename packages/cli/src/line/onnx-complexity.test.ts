import { complexity, createModel } from '@asc/models';
import { exportOnnx, type OnnxModel, type OnnxNode, type OnnxTensor } from '@asc/onnx';
import { quantizeStatic } from '@asc/quantize';
import { namedWeights } from '@asc/train';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from '@jest/globals';
import './tensorflow.js';
import { onnxComplexity } from './onnx-complexity.js';

it.each(['dcase2024', 'clova2021-resnetse-mfm'])(
  'counts the kernels of %s in its graph as its layers do',
  async (name) => {
    const { deployed } = createModel(name);
    // Norms of a trained network: a shift of 0 would be left out of the graph.
    for (const { variable } of namedWeights(deployed)) tf.tidy(() => variable.assign(tf.add(tf.abs(variable), 0.1)));
    const { layers, accounts } = complexity(deployed);
    const { nodes, macs: counted } = await onnxComplexity(exportOnnx(deployed));
    const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
    const kernels = total(layers.filter(({ kind }) => /Conv|Dense/.test(kind)).map(({ tfliteMacs }) => tfliteMacs));
    const ofNodes = (name: string): boolean =>
      layers.some((layer) => /Conv|Dense/.test(layer.kind) && name.startsWith(`${layer.name}/`));
    expect(total(nodes.filter((node) => ofNodes(node.name)).map((node) => node.macs))).toBe(kernels);
    // What TFLite counts beside: norms that no convolution takes up, and steps without parameters.
    expect(counted).toBeGreaterThanOrEqual(kernels);
    expect(counted).toBeLessThanOrEqual(accounts.tflite.macs);
  },
);

it('counts of an 8-bit file what its float form has: no means, no fillers, but every lone norm', async () => {
  const int = (...value: number[]) => ({ kind: 'ints', value }) as const;
  const node = (op: string, inputs: string[], output: string, attributes = {}): OnnxNode => ({
    op,
    domain: '',
    name: output,
    inputs,
    outputs: [output],
    attributes,
  });
  const float = (shape: number[], value: (i: number) => number): OnnxTensor => ({
    type: 'float32',
    shape,
    data: Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => value(i)),
  });
  const model: OnnxModel = {
    irVersion: 8,
    producer: 'test',
    opsets: { '': 17 },
    graphName: 'small',
    inputs: [{ name: 'x', type: 'float32', shape: ['B', 1, 9, 6] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['B', 4, 9, 1] }],
    valueInfo: [],
    nodes: [
      node('Conv', ['x', 'w', 'b'], 'stem', { pads: int(1, 1, 1, 1) }),
      node('LeakyRelu', ['stem'], 'bent'),
      node('BatchNormalization', ['bent', 'gain', 'shift', 'mean', 'variance'], 'norm'),
      node('LeakyRelu', ['norm'], 'bent2'),
      node('ReduceMean', ['bent2'], 'm', { axes: int(3) }),
      node('Conv', ['m', 'v'], 'y'),
    ],
    initializers: new Map([
      ['w', float([4, 1, 3, 3], (i) => Math.sin(i * i))],
      ['b', float([4], (i) => 0.1 * i + 0.1)],
      ['gain', float([4], (i) => 1 + i)],
      ['shift', float([4], () => 0.5)],
      ['mean', float([4], () => 0.1)],
      ['variance', float([4], () => 1)],
      ['v', float([4, 4, 1, 1], (i) => Math.cos(i))],
    ]),
    metadata: {},
  };
  const x = {
    dtype: 'float32' as const,
    shape: [1, 1, 9, 6],
    data: Float32Array.from({ length: 54 }, (_, i) => Math.sin(i)),
  };
  const int8 = await onnxComplexity(await quantizeStatic(model, [{ x }], { threads: 1 }));
  // The stem with its bias, gain and shift of the norm, the last layer.
  expect(int8.parameters).toBe(36 + 4 + (4 + 4) + 16);
  expect(int8.bytes).toBe(36 + 4 * 4 + (4 + 4 * 4) + 16);
  expect(int8.macs).toBe(36 * 54 + 4 * 54 + 16 * 9);
});
