import * as tf from '@tensorflow/tfjs-core';
import { f32, i32 } from '../traced.test.helper.js';
import { type LoweringCase, lowering } from './case.test.helper.js';

const swap = (shape: readonly number[], swapped: boolean): number[] =>
  swapped ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : [...shape];

const products = (
  [
    [
      [2, 3],
      [3, 4],
    ],
    [
      [1, 3],
      [3, 1],
    ],
    [
      [5, 2, 3],
      [5, 3, 4],
    ],
    [
      [5, 2, 3],
      [3, 4],
    ],
    [
      [2, 3],
      [5, 3, 4],
    ],
    [
      [1, 2, 3],
      [5, 3, 4],
    ],
    [
      [2, 5, 2, 3],
      [2, 5, 3, 4],
    ],
    [
      [2, 3, 4, 5],
      [5, 6],
    ],
  ] as const
).flatMap(([a, b]) =>
  [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].map(([ta, tb]) =>
    lowering(
      `matMul of (${a.join()})${ta ? 'ᵀ' : ''} and (${b.join()})${tb ? 'ᵀ' : ''}`,
      [f32(swap(a, ta!)), f32(swap(b, tb!))],
      (x, y) => tf.matMul(x!, y!, ta, tb),
    ),
  ),
);

export const MATRIX_CASES: readonly LoweringCase[] = [
  ...products,
  lowering('matMul of int32', [i32([2, 3]), i32([3, 4])], (a, b) => tf.matMul(a!, b!)),
  lowering('dot', [f32([3]), f32([3]), f32([2, 3])], (a, b, m) => [tf.dot(a!, b!), tf.dot(m!, a!)]),
  lowering('matMul with a constant', [f32([2, 3])], (a) => tf.matMul(a!, tf.ones([3, 2]))),
  ...(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const).map((activation) =>
    lowering(`fused matMul with bias and ${activation}`, [f32([2, 3]), f32([3, 4]), f32([4])], (a, b, bias) =>
      tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation, leakyreluAlpha: 0.3 }),
    ),
  ),
  lowering('fused matMul without bias', [f32([2, 3]), f32([3, 4])], (a, b) =>
    tf.fused.matMul({ a: a!, b: b!, activation: 'relu' }),
  ),
  lowering('fused matMul with a slope', [f32([2, 3]), f32([3, 4]), f32([4]), f32([4])], (a, b, bias, slope) =>
    tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation: 'prelu', preluActivationWeights: slope! }),
  ),
];
