import { ndArray, sizeOf, type NdArray, type NdArrays } from '@asc/core';
import { describe, expect, test } from '@jest/globals';
import { seededDraws, useCpuBackend } from '@asc/testing';
import type * as tf from '@tensorflow/tfjs-core';
import { blueprint, createModel, findPreset, listPresets } from './create-model.js';
import { exportWeights, importWeights } from './import-weights.js';
import { pytorchNames } from './weight-names.js';

await useCpuBackend();

const small = (seed: number) => createModel('amfm-small', { bands: 16, frames: 8, seed });
const without = (tensors: NdArrays, name: string): NdArrays =>
  Object.fromEntries(Object.entries(tensors).filter(([key]) => key !== name));
const values = (array: NdArray | undefined): number[] => Array.from(array!.data);

describe('weights', () => {
  test('travel from a network to another of the same build, in PyTorch’s names and layouts', () => {
    const [from, to] = [small(1), small(2)];
    const tensors = exportWeights(from.training);
    importWeights(to.training, tensors);
    expect(exportWeights(to.training)).toEqual(tensors);
    const x = seededDraws(1).normal([2, 16, 8, 1], 'x');
    const logits = (net: typeof from): number[] => Array.from((net.deployed.apply(x) as tf.Tensor).dataSync());
    expect(logits(to)).toEqual(logits(from));
    expect(tensors['stem_conv.weight']!.shape).toEqual([32, 1, 7, 3]);
    expect(tensors['scene.weight']!.shape).toEqual([10, 16]);
    expect(tensors['group1_attention_channel_gate.reduce.weight']!.shape).toEqual([2, 32]);
    expect(tensors['group1_attention_spatial_gate.weight']!.shape).toEqual([1, 2, 7, 7]);
    expect(Object.keys(tensors)).toContain('group1_attention_spatial_gate.norm.running_var');
  });

  test('a turned kernel is the same numbers in the other order', () => {
    const { deployed } = createModel('dcase2024', { bands: 24, frames: 20 });
    const tensors = exportWeights(deployed);
    const ours = deployed.getLayer('b1_depth_conv').weights[0]!.read();
    const theirs = tensors['b1_depth_conv.weight']!;
    expect([ours.shape, theirs.shape]).toEqual([
      [3, 3, 64, 1],
      [64, 1, 3, 3],
    ]);
    expect(theirs.data[5 * 9 + 2 * 3 + 1]).toBe((ours.arraySync() as number[][][][])[2]![1]![5]![0]);
  });

  test('a preset that knows its authors’ names has one for each weight', () => {
    const known = listPresets().filter(({ pytorchNames: names }) => names !== undefined);
    expect(known.length).toBeGreaterThan(4);
    for (const preset of known) {
      const { training } = blueprint(preset.name);
      const places = Object.values(preset.pytorchNames!(training)).map(({ name }) => name);
      expect(new Set(places).size).toBe(training.weights.length);
    }
  });

  test('counters of PyTorch’s norms are passed over', () => {
    const net = small(1);
    const counter = ndArray('int32', [], Int32Array.of(7));
    importWeights(net.training, { ...exportWeights(net.training), 'group1_norm.num_batches_tracked': counter });
  });
});

describe('what does not fit is refused, and changes nothing', () => {
  const net = small(3);
  const tensors = exportWeights(net.training);
  const before = values(tensors['stem_conv.weight']);
  const zeros = Object.fromEntries(
    Object.entries(tensors).map(([name, { shape }]) => [
      name,
      ndArray('float32', shape, new Float32Array(sizeOf(shape))),
    ]),
  );
  const array = (shape: number[]): NdArray => ndArray('float32', shape, new Float32Array(sizeOf(shape)));
  const renamed = { ...without(zeros, 'scene.bias'), 'scen.bias': array([10]) };
  const names = pytorchNames(net.training);

  test.each<[string, NdArrays, string[]]>([
    ['a missing tensor', renamed, ['has no "scene.bias"', 'Is it "scen.bias"?', 'pytorchNames(model']],
    ['nothing at all', {}, ['received no tensors']],
    ['a tensor left over', { ...zeros, 'head.weight': array([2]) }, ['no place for', 'also "head.weight"']],
    ['our layout', { ...zeros, 'scene.weight': array([16, 10]) }, ['expected (10, 16), received (16, 10)']],
    ['other classes', { ...zeros, 'scene.bias': array([3]) }, ['expected (10), received (3)', 'the classes']],
    ['whole numbers', { ...zeros, 'scene.bias': ndArray('int32', [10], new Int32Array(10)) }, ['received int32']],
  ])('%s', (_, wrong, parts) => {
    for (const part of parts) expect(() => importWeights(net.training, wrong)).toThrow(part);
    expect(values(exportWeights(net.training)['stem_conv.weight'])).toEqual(before);
  });

  test.each([
    ['a weight without a name', { 'scene/bias': { name: 'x' } }, 'is missing'],
    ['a name for no weight', { ...names, 'scenery/bias': { name: 'x' } }, 'names weights the model does not have'],
    ['a name given twice', { ...names, 'scene/bias': names['abstract/bias']! }, 'is named twice'],
    ['too few axes', { ...names, 'scene/kernel': { name: 'scene.weight', axes: [0] } }, 'has 2 axes'],
    ['another size', { ...names, 'scene/bias': { name: 'scene.bias', shape: [3] } }, 'has 10 numbers'],
  ])('a map with %s', (_, map, part) => {
    expect(() => importWeights(net.training, zeros, map)).toThrow(part);
    expect(() => exportWeights(net.training, map)).toThrow(part);
  });

  test('the paths of another network', () => {
    const paths = findPreset('dcase2024').pytorchNames!(net.training);
    expect(() => importWeights(net.training, {}, paths)).toThrow('has no');
  });
});
