import { UsageError, type NdArray, type NdArrays } from '@asc/core';
import { Dense } from '@asc/layers';
import '@tensorflow/tfjs-backend-cpu';
import { model, type LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { expect, test } from '@jest/globals';
import { initWeights } from './init-weights.js';
import { namedWeights } from './named-weights.js';
import { tinyModel } from './tiny-scenes.test.helper.js';

function stateOf(net: LayersModel): NdArrays {
  const weights = namedWeights(net).map(({ name, variable }): [string, NdArray] => [
    name,
    { dtype: 'float32', shape: variable.shape, data: variable.dataSync() as Float32Array },
  ]);
  return Object.fromEntries(weights);
}
const valuesOf = (net: LayersModel) => Object.entries(stateOf(net)).map(([name, { data }]) => [name, [...data]]);

/** The tiny network with another output layer, of `units`. */
function tinyWith(units: number, seed: number): LayersModel {
  const { inputs, layers } = tinyModel({ seed });
  const body = layers.find(({ name }) => name === 'flat')?.output as SymbolicTensor;
  return model({ inputs, outputs: new Dense({ name: 'scene', units, seed }).apply(body), name: 'tiny' });
}

test('weights that fit are taken, running statistics included, the optimiser left alone', () => {
  const [from, to] = [tinyModel({ seed: 1 }), tinyModel({ seed: 2 })];
  const moments: NdArray = { dtype: 'float32', shape: [1], data: Float32Array.of(1) };
  expect(initWeights(to, { ...stateOf(from), 'optimiser/firstMoment': moments })).toEqual([]);
  expect(valuesOf(to)).toEqual(valuesOf(from));
});

test('an output layer of other classes stays fresh, all of it', () => {
  const [from, to] = [tinyModel({ seed: 1 }), tinyWith(2, 5)];
  expect(initWeights(to, stateOf(from))).toEqual(['scene']);
  const [source, fresh] = [stateOf(from), stateOf(tinyWith(2, 5))];
  for (const [name, { data }] of Object.entries(stateOf(to))) {
    expect([name, [...data]]).toEqual([name, [...(name.startsWith('scene/') ? fresh : source)[name]!.data]]);
  }
});

test('what else does not fit is refused by name, and nothing is changed', () => {
  const to = tinyModel({ seed: 2 });
  const before = valuesOf(to);
  const state = stateOf(tinyModel({ seed: 1 }));
  const { 'conv/kernel': kernel, ...others } = state;
  expect(() => initWeights(to, others)).toThrow(/"conv\/kernel"\.\nexpected shape \(3, 3, 1, 8\), received no such/);
  expect(() => initWeights(to, { ...others, 'conv/kernel': { ...kernel!, shape: [3, 3, 8, 1] } })).toThrow(
    /received \(3, 3, 8, 1\)/,
  );
  expect(() => initWeights(to, { ...state, 'extra/kernel': kernel! })).toThrow(/received also extra\/kernel/);
  expect(() => initWeights(to, stateOf(tinyModel({ abstract: true })))).toThrow(UsageError);
  expect(valuesOf(to)).toEqual(before);
});
