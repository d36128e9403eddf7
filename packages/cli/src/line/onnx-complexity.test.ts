import { complexity, createModel } from '@asc/models';
import { exportOnnx } from '@asc/onnx';
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
