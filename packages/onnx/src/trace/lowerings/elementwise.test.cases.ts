import * as tf from '@tensorflow/tfjs-core';
import { type Numbers, f32, flags, given, i32 } from '../traced.test.helper.js';
import { type LoweringCase, lowering } from './case.test.helper.js';

type Op1 = (x: tf.Tensor) => tf.Tensor;
type Op2 = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const SHAPES: readonly (readonly number[])[] = [[], [1], [3], [2, 3], [2, 1, 3], [2, 3, 5, 2], [1, 3, 1, 1]];

/** Pairs of shapes that broadcast, ranks 0 to 4, either side the larger. */
const PAIRS: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[3], []],
  [[], [2, 3]],
  [[1], [3]],
  [
    [2, 3],
    [2, 3],
  ],
  [
    [2, 1],
    [1, 3],
  ],
  [[4, 2, 3], [3]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [
    [2, 3, 5, 4],
    [2, 3, 5, 4],
  ],
  [[2, 3, 5, 4], [4]],
  [[2, 3, 5, 4], []],
  [[2, 3, 5, 4], [1]],
  [
    [2, 3, 5, 4],
    [5, 4],
  ],
  [
    [2, 3, 5, 4],
    [3, 1, 4],
  ],
  [
    [2, 3, 5, 4],
    [3, 5, 1],
  ],
  [
    [2, 3, 5, 4],
    [2, 1, 1, 4],
  ],
  [
    [2, 3, 5, 4],
    [1, 3, 1, 1],
  ],
  [
    [2, 3, 1, 4],
    [1, 1, 5, 1],
  ],
  [
    [1, 1, 1, 4],
    [2, 3, 5, 1],
  ],
  [
    [2, 3, 5, 1],
    [2, 1, 1, 4],
  ],
];

const everywhere = (title: string, op: Op1, low = -2, high = 2, rtol = 1e-5): LoweringCase[] =>
  SHAPES.map((shape) => lowering(`${title} of (${shape.join()})`, [f32(shape, low, high)], op as never, { rtol }));

const pairs = (title: string, op: Op2, a: readonly [number, number], b: readonly [number, number]): LoweringCase[] =>
  PAIRS.flatMap(([p, q]) => [
    lowering(`${title} of (${p.join()}) and (${q.join()})`, [f32(p, ...a), f32(q, ...b)], op as never),
    lowering(`${title} of (${q.join()}) and (${p.join()})`, [f32(q, ...a), f32(p, ...b)], op as never),
  ]);

const few = (title: string, op: Op2, make: (shape: readonly number[]) => Numbers): LoweringCase[] =>
  [PAIRS[0]!, PAIRS[4]!, PAIRS[6]!, PAIRS[9]!, PAIRS[18]!].flatMap(([p, q]) => [
    lowering(`${title} of (${p.join()}) and (${q.join()})`, [make(p), make(q)], op as never),
    lowering(`${title} of (${q.join()}) and (${p.join()})`, [make(q), make(p)], op as never),
  ]);

const once = (title: string, op: Op1, low = -2, high = 2, tolerance = {}): LoweringCase[] =>
  [[5], [2, 3, 2, 4]].map((shape) =>
    lowering(`${title} of (${shape.join()})`, [f32(shape, low, high)], op as never, tolerance),
  );

const EDGES = given([9], [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5]);
const SPECIAL = given([5], [NaN, Infinity, -Infinity, 0, 1]);

export const ELEMENTWISE_CASES: readonly LoweringCase[] = [
  ...pairs('add', tf.add, [-2, 2], [-2, 2]),
  ...pairs('where', (a, b) => tf.where(tf.greater(a, b), a, b), [-2, 2], [-2, 2]).filter(({ inputs }) =>
    inputs.every(({ shape }) => shape.join() === inputs[0]!.shape.join()),
  ),
  ...few('sub', tf.sub, f32),
  ...few('mul', tf.mul, f32),
  ...few('div', tf.div, (s) => f32(s, 1, 2)),
  ...few('maximum', tf.maximum, f32),
  ...few('minimum', tf.minimum, f32),
  ...few('pow', tf.pow, (s) => f32(s, 0.5, 2)),
  ...few('mod', tf.mod, (s) => f32(s, -3, 3)),
  ...few('squaredDifference', tf.squaredDifference, f32),
  ...few('greater', tf.greater, f32),
  ...few('greaterEqual', tf.greaterEqual, (s) => i32(s, 0, 2)),
  ...few('less', tf.less, f32),
  ...few('lessEqual', tf.lessEqual, (s) => i32(s, 0, 2)),
  ...few('equal', tf.equal, (s) => i32(s, 0, 2)),
  ...few('notEqual', tf.notEqual, (s) => i32(s, 0, 2)),
  ...few('logicalAnd', tf.logicalAnd, flags),
  ...few('logicalOr', tf.logicalOr, flags),
  ...few('int32 add', tf.add, i32),
  ...few('int32 mul then add', (a, b) => tf.add(tf.mul(a, b), b), i32),
  ...few('int32 sub', tf.sub, i32),
  ...few('int32 max', tf.maximum, i32),
  ...few('floorDiv of int32', tf.floorDiv, (s) => ({ ...i32(s, 1, 9), values: undefined as never })).map((c, i) => ({
    ...c,
    inputs: c.inputs.map((n, k) => i32(n.shape, k === 0 ? -20 : 1 + (i % 3), k === 0 ? 20 : 7)),
  })),
  lowering('floorDiv of float32', [given([4], [7, -7, 7.5, -7.5]), given([4], [2, 2, -2, 2])], tf.floorDiv as never),
  lowering(
    'div of int32 floors',
    [given([4], [7, -7, 8, -8], 'int32'), given([4], [2, 2, 3, 3], 'int32')],
    tf.div as never,
  ),
  lowering(
    'mod with every sign',
    [given([6], [5, -5, 5, -5, 4.5, -0.5]), given([6], [3, 3, -3, -3, -2, 2])],
    tf.mod as never,
  ),
  lowering('mod of int32', [given([4], [5, -5, 5, -5], 'int32'), given([4], [3, 3, -3, -3], 'int32')], tf.mod as never),
  lowering('pow of int32', [given([3], [2, 3, -2], 'int32'), given([3], [3, 2, 3], 'int32')], tf.pow as never),
  lowering('pow with even power of negatives', [f32([2, 3])], (x) => tf.pow(x!, 2)),
  lowering('per-channel affine of int32', [i32([2, 3, 2, 4]), i32([4]), i32([4])], (x, s, o) =>
    tf.add(tf.mul(x!, s!), o!),
  ),
  lowering('per-channel affine of a broadcast map', [f32([2, 3, 2, 1]), f32([4]), f32([4])], (x, s, o) =>
    tf.add(tf.mul(x!, s!), o!),
  ),
  lowering('per-channel affine', [f32([2, 3, 2, 4]), f32([4]), f32([4])], (x, s, o) => tf.add(tf.mul(x!, s!), o!)),
  lowering('affine by a repeated vector', [f32([4]), f32([4])], (s, o) =>
    tf.add(tf.mul(tf.broadcastTo(s!, [2, 3, 2, 4]), s!), o!),
  ),
  lowering('mixed types are widened', [f32([2, 3]), i32([3])], tf.add as never),
  lowering('where of int32 and of bool', [flags([4]), i32([4]), i32([4]), flags([4])], (c, a, b, d) => [
    tf.where(c as never, a!, b!),
    tf.where(c as never, d!, tf.logicalNot(d!)),
  ]),
  lowering('where of a broadcast branch', [flags([2, 2, 3, 4]), f32([2, 2, 3, 4])], (c, a) =>
    tf.where(c! as never, a!, tf.zerosLike(a!)),
  ),
  lowering('addN', [f32([2, 3]), f32([2, 3]), f32([2, 3])], (...xs) => tf.addN(xs)),
  lowering('addN of one', [f32([2, 3])], (x) => tf.addN([x!])),
  lowering('addN with zeros', [f32([2, 3])], (x) => tf.addN([tf.zerosLike(x!), x!, tf.zerosLike(x!)])),
  lowering('addN of zeros', [f32([2, 3])], (x) => [tf.addN([tf.zerosLike(x!), tf.zerosLike(x!)]), x!]),
  lowering('addN of maps', [f32([2, 3, 2, 4]), f32([2, 3, 2, 4])], (...xs) => tf.addN(xs)),
  lowering('logicalNot', [flags([2, 3])], (x) => tf.logicalNot(x!)),
  lowering('logicalXor', [flags([6]), flags([6])], (a, b) => tf.logicalXor(a!, b!)),
  lowering('isNaN and isInf', [SPECIAL], (x) => [tf.isNaN(x!), tf.isInf(x!)]),
  lowering('clone', [f32([2, 3])], (x) => tf.clone(x!)),
  lowering('casts of float32', [given([5], [1.7, -1.7, 0, -0.2, 3])], (x) => [
    tf.cast(x!, 'int32'),
    tf.cast(x!, 'bool'),
    tf.cast(x!, 'float32'),
  ]),
  lowering('casts of int32', [i32([2, 3], -1, 2)], (x) => [tf.cast(x!, 'float32'), tf.cast(x!, 'bool')]),
  lowering('casts of bool', [flags([2, 3])], (x) => [tf.cast(x!, 'float32'), tf.cast(x!, 'int32')]),
  lowering('casts of constants', [f32([2])], (x) => [
    x!,
    tf.cast(tf.fill([2], -1.5), 'int32'),
    tf.cast(tf.fill([2], 0.5), 'bool'),
    tf.cast(tf.ones([2], 'int32'), 'float32'),
  ]),
  lowering('step', [EDGES], (x) => [tf.step(x!), tf.step(x!, 0.25)]),
  lowering('step of maps', [f32([2, 3, 2, 4])], (x) => tf.step(x!)),
  lowering('step of int32', [i32([5])], (x) => tf.step(x!)),
  lowering('prelu per channel', [f32([2, 3, 2, 4]), f32([4])], (x, a) => tf.prelu(x!, a!)),
  lowering('prelu per element', [f32([2, 3, 2, 4]), f32([3, 2, 4])], (x, a) => tf.prelu(x!, a!)),
  lowering('prelu with one slope', [f32([2, 3]), f32([])], (x, a) => tf.prelu(x!, a!)),
  lowering('prelu of a vector', [f32([4]), f32([4])], (x, a) => tf.prelu(x!, a!)),
  lowering('clipByValue', [f32([2, 3, 2, 4])], (x) => tf.clipByValue(x!, -0.5, 1)),
  lowering('clipByValue of int32', [i32([6])], (x) => tf.clipByValue(x!, -2, 3)),
  ...everywhere('relu', tf.relu),
  ...everywhere('sigmoid', tf.sigmoid),
  ...once('relu6', tf.relu6, -2, 9),
  lowering('relu6 and relu of int32', [i32([6], -3, 9)], (x) => [tf.relu6(x!), tf.relu(x!)]),
  ...once('abs', tf.abs),
  lowering('abs, neg, sign, square of int32', [i32([6])], (x) => [tf.abs(x!), tf.neg(x!), tf.sign(x!), tf.square(x!)]),
  ...once('acos', tf.acos, -1, 1),
  ...once('acosh', tf.acosh, 1, 3),
  ...once('asin', tf.asin, -1, 1),
  ...once('asinh', tf.asinh),
  ...once('atan', tf.atan),
  ...once('atanh', tf.atanh, -0.9, 0.9),
  ...once('ceil', tf.ceil),
  ...once('cos', tf.cos),
  ...once('cosh', tf.cosh),
  ...once('elu', tf.elu),
  ...once('erf', tf.erf),
  ...once('exp', tf.exp),
  ...once('floor', tf.floor),
  ...once('leakyRelu', (x) => tf.leakyRelu(x, 0.3)),
  ...once('log', tf.log, 0.1, 3),
  ...once('log of zero and below', tf.log, -1, 0),
  ...once('neg', tf.neg),
  ...once('reciprocal', tf.reciprocal, 0.5, 2),
  ...once('round', tf.round),
  lowering('round goes to even', [EDGES], (x) => tf.round(x!)),
  ...once('selu', tf.selu),
  ...once('sign', tf.sign),
  lowering('sign of zero', [EDGES], (x) => tf.sign(x!)),
  ...once('sin', tf.sin),
  ...once('sinh', tf.sinh),
  ...once('softplus', tf.softplus),
  lowering('softplus far out', [given([4], [-100, -20, 20, 100])], (x) => tf.softplus(x!)),
  ...once('sqrt', tf.sqrt, 0, 4),
  ...once('tan', tf.tan, -1, 1),
  ...once('tanh', tf.tanh),
  ...once('rsqrt', tf.rsqrt, 0.2, 3),
  ...once('square', tf.square),
  ...once('expm1', tf.expm1),
  ...once('log1p', tf.log1p, -0.5, 2),
  lowering('expm1 and log1p of small numbers', [given([3], [1e-4, 1e-6, -1e-5])], (x) => [tf.expm1(x!), tf.log1p(x!)], {
    atol: 1e-7,
  }),
  // Where the tracer saves an op because a number is known, the result must not change.
  lowering('x + 0, 0 + x, x − 0, x · 1, 1 · x, x / 1, x ^ 1', [f32([2, 3])], (x) => [
    tf.add(x!, 0),
    tf.add(0, x!),
    tf.sub(x!, 0),
    tf.mul(x!, 1),
    tf.mul(tf.scalar(1), x!),
    tf.div(x!, 1),
    tf.pow(x!, 1),
  ]),
  lowering('x · 0 and 0 · x', [f32([2, 3])], (x) => [tf.mul(x!, 0), tf.mul(tf.zeros([3]), x!), x!]),
  lowering('x + zeros of a larger shape', [f32([3]), f32([5, 4])], (x, y) => [
    tf.add(x!, tf.zeros([2, 3])),
    tf.mul(tf.ones([2, 1, 5, 4]), y!),
  ]),
  lowering('a map times ones of a larger shape', [f32([1, 3, 5, 4])], (x) => tf.mul(tf.ones([2, 3, 5, 4]), x!)),
  lowering('arithmetic of known numbers', [f32([1])], (x) => {
    const a = tf.fill([2, 3], 3);
    const b = tf.fill([3], 2);
    return [
      x!,
      tf.add(a, b),
      tf.sub(a, b),
      tf.mul(a, b),
      tf.div(a, b),
      tf.maximum(a, b),
      tf.minimum(b, a),
      tf.pow(a, b),
    ];
  }),
  lowering('int32 arithmetic of known numbers', [f32([1])], (x) => {
    const a = tf.fill([2, 3], 7, 'int32');
    const b = tf.fill([3], 2, 'int32');
    return [x!, tf.add(a, b), tf.sub(b, a), tf.mul(a, b), tf.floorDiv(a, b), tf.pow(b, a)];
  }),
  lowering('NaN and infinite constants', [f32([3])], (x) => [
    tf.add(x!, NaN),
    tf.maximum(x!, -Infinity),
    tf.where(tf.less(x!, 0), tf.fill([3], Infinity), x!),
    tf.add(x!, tf.tensor1d([NaN, 1, Infinity])),
  ]),
];
