import type { ModelCard, NdArrays } from '@asc/core';
import { complexity, COMPLEXITY_RULES, createModel, findPreset } from '@asc/models';
import { exportOnnx, type OnnxModel, type OnnxNode, type OnnxTensor } from '@asc/onnx';
import { quantizeDynamic, quantizeStatic, toFloat16 } from '@asc/quantize';
import { namedWeights } from '@asc/train';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import './tensorflow.js';
import { normalMaps, smallNetwork } from '../networks.test.helper.js';
import { onnxComplexity } from './onnx-complexity.js';
import { fileStandings, verdictOf, type Standing } from './standings.js';

it.each(['dcase2024', 'clova2021-resnetse-mfm'])(
  'counts the kernels of %s in its graph as its layers do',
  async (name) => {
    const deployed = stir(createModel(name).deployed);
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

/** Norms of a trained network: a shift of 0 would be left out of the graph. */
function stir(model: LayersModel): LayersModel {
  for (const { variable } of namedWeights(model)) tf.tidy(() => variable.assign(tf.add(tf.abs(variable), 0.1)));
  return model;
}

describe('a file of 8 bits against the rules', () => {
  let float: OnnxModel;
  let feeds: NdArrays[];
  beforeAll(() => {
    const net = smallNetwork(findPreset('dcase2024'));
    float = exportOnnx(net.deployed);
    feeds = [Object.fromEntries([[float.inputs[0]!.name, Object.values(normalMaps(net, 2, 'maps'))[0]!]])];
  });
  const standing = async (model: OnnxModel, name: string): Promise<Standing> => {
    const card = { clipSamples: 1, sampleRateHz: 1 } as ModelCard;
    const rules = COMPLEXITY_RULES.filter((rule) => rule.name === name);
    return fileStandings(await onnxComplexity(model), card, rules).standings[0]!;
  };

  it('may have a sign or none', async () => {
    const signed = await onnxComplexity(await quantizeStatic(float, feeds, { threads: 1 }));
    const model = await quantizeStatic(float, feeds, { scheme: 'u8u8', threads: 1 });
    const { bytes, parameters, storages } = await onnxComplexity(model);
    expect(storages).toEqual(['uint8', 'int32']);
    expect([bytes, parameters]).toEqual([signed.bytes, signed.parameters]);
    expect(await standing(model, 'dcase2022')).toMatchObject({ storage: 'uint8', passes: true });
  });

  it('may find its ranges at every run: the same parameters and MACs as in float32', async () => {
    const model = quantizeDynamic(float);
    const [before, after] = [await onnxComplexity(float), await onnxComplexity(model)];
    expect([after.parameters, after.macs]).toEqual([before.parameters, before.macs]);
    const [weights] = after.weights;
    expect(weights).toEqual({ storage: 'int8', parameters: before.weights[0]!.parameters });
    expect(after.bytes).toBe(weights!.parameters + 4 * (after.parameters - weights!.parameters));
    expect(await standing(model, 'dcase2022')).toMatchObject({ passes: true });
  });

  it('may not keep weights in float32 where all are to be 8 bits', async () => {
    const kept = float.nodes.filter(({ op }) => op === 'Conv')[1]!;
    const size = float.initializers.get(kept.inputs[1]!)!.data.length;
    const model = await quantizeStatic(float, feeds, { keepFloat: [kept.name], threads: 1 });
    const told = await standing(model, 'dcase2022');
    expect(verdictOf(told)).toBe(
      `no: int8 or int8+int32 is asked for, ${size.toLocaleString('en-US')} parameters are float32`,
    );
    expect(await standing(model, 'dcase2024')).toMatchObject({ passes: true });
  });
});

describe('the figures of docs/quantization.md', () => {
  it('xin2022 is below 128,000 bytes on 8 bits', async () => {
    const deployed = stir(createModel('xin2022').deployed);
    const float = exportOnnx(deployed);
    const [input] = float.inputs;
    const shape = [1, ...(input!.shape.slice(1) as number[])];
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * i));
    const feeds = [{ [input!.name]: { dtype: 'float32' as const, shape, data } }];
    const { bytes, weights, parameters } = await onnxComplexity(await quantizeStatic(float, feeds, { threads: 1 }));
    const kernels = deployed.weights
      .filter(({ shape }) => shape.length > 1)
      .map(({ shape }) => tf.util.sizeFromShape(shape as number[]));
    const [integers, ...others] = weights;
    // 512: gains of norms that no convolution takes up.
    expect(integers).toEqual({ storage: 'int8', parameters: kernels.reduce((a, b) => a + b) + 512 });
    // The norm of the bands in front of the first convolution is float32 and counts in bytes alone.
    expect(others).toEqual([]);
    expect(bytes).toBe(integers!.parameters + 4 * (parameters - integers!.parameters));
    expect(bytes).toBe(82_792);
    expect(bytes).toBeLessThan(128_000);
  });

  it('amfm-small is below 131,072 bytes in float16', async () => {
    const deployed = stir(createModel('amfm-small').deployed);
    const { layers, bytes } = complexity(deployed);
    expect(bytes.float16).toBe(2 * layers.reduce((sum, { parameters }) => sum + parameters, 0));
    // Norms folded; what is shorter than 64 stays float32.
    const half = await onnxComplexity(toFloat16(exportOnnx(deployed)));
    expect([bytes.float16, half.bytes]).toEqual([129_186, 129_680]);
    expect(half.bytes).toBeLessThan(131_072);
  });
});
