import * as tf from '@tensorflow/tfjs-core';
import { f32, flags, given, i32 } from '../traced.test.helper.js';
import { type LoweringCase, lowering } from './case.test.helper.js';

const MAP = [2, 3, 4, 5] as const;

const reshapes = (
  [
    [[], [1]],
    [[1], []],
    [[1, 1, 1], []],
    [[6], [2, 3]],
    [[2, 3], [-1]],
    [MAP, [2, 60]],
    [MAP, [-1, 5]],
    [MAP, [2, 12, 5]],
    [MAP, [2, 4, 3, 5]],
    [MAP, [2, 3, 4, 5, 1]],
    [MAP, MAP],
    [
      [2, 3, 4, 1],
      [2, 3, 4],
    ],
    [
      [2, 1, 1, 5],
      [2, 5],
    ],
    [
      [2, 12],
      [2, 3, 4, 1],
    ],
    [
      [1, 3, 1, 5],
      [3, 5],
    ],
  ] as const
).map(([from, to]) =>
  lowering(`reshape (${from.join()}) to (${to.join()})`, [f32(from)], (x) => tf.reshape(x!, [...to])),
);

const transposes = [
  [0, 1, 2, 3],
  [0, 3, 1, 2],
  [0, 2, 3, 1],
  [3, 2, 1, 0],
  [1, 0, 2, 3],
  [0, 2, 1, 3],
].map((perm) => lowering(`transpose by ${perm.join('')}`, [f32(MAP)], (x) => tf.transpose(x!, perm)));

export const ARRANGEMENT_CASES: readonly LoweringCase[] = [
  ...reshapes,
  lowering('reshape there and back', [f32(MAP)], (x) => tf.reshape(tf.reshape(x!, [2, 60]), [...MAP])),
  lowering('reshape of int32 and bool', [i32([2, 3]), flags([4])], (x, y) => [
    tf.reshape(x!, [6]),
    tf.reshape(y!, [2, 2]),
  ]),
  lowering('flatten, squeeze, expandDims', [f32([2, 1, 4, 1])], (x) => [
    tf.reshape(x!, [8]),
    tf.squeeze(x!),
    tf.squeeze(x!, [1]),
    tf.expandDims(x!, 0),
    tf.expandDims(x!, -1),
    tf.expandDims(x!, 2),
  ]),
  lowering('expandDims of a scalar', [f32([])], (x) => tf.expandDims(x!)),
  ...transposes,
  lowering('transpose twice', [f32(MAP)], (x) => tf.transpose(tf.transpose(x!, [0, 3, 1, 2]), [0, 2, 3, 1])),
  lowering('transpose twice, not back', [f32(MAP)], (x) => tf.transpose(tf.transpose(x!, [1, 2, 3, 0]), [0, 2, 1, 3])),
  lowering('transpose of matrices and vectors', [f32([2, 3]), f32([4]), f32([2, 3, 4])], (a, b, c) => [
    tf.transpose(a!),
    tf.transpose(b!),
    tf.transpose(c!, [1, 2, 0]),
  ]),
  ...[0, 1, 2, 3, -1].map((axis) =>
    lowering(`concat over ${axis}`, [f32(MAP), f32(MAP)], (a, b) => tf.concat([a!, b!], axis)),
  ),
  lowering('concat of unequal parts', [f32([2, 1, 4, 5]), f32([2, 3, 4, 5]), f32([2, 2, 4, 5])], (...x) =>
    tf.concat(x, 1),
  ),
  lowering('concat of three and a repeat', [f32([2, 3])], (x) => tf.concat([x!, x!, tf.neg(x!)], -1)),
  lowering('concat with constants', [f32([2, 3])], (x) => tf.concat([x!, tf.ones([2, 2]), tf.tensor2d([[1], [2]])], 1)),
  lowering('concat with a repeated vector', [f32([2, 3]), f32([3])], (x, v) =>
    tf.concat([x!, tf.broadcastTo(v!, [2, 3])], 0),
  ),
  lowering('concat with nothing', [f32([2, 3])], (x) => tf.concat([tf.zeros([0, 3]), x!], 0)),
  lowering('concat of one', [f32([2, 3])], (x) => tf.concat([x!], 0)),
  lowering('concat of int32', [i32([2]), i32([3])], (a, b) => tf.concat([a!, b!], 0)),
  ...[0, 1, 2, -1].map((axis) =>
    lowering(`stack over ${axis}`, [f32([2, 3]), f32([2, 3])], (a, b) => tf.stack([a!, b!], axis)),
  ),
  lowering('stack of maps', [f32(MAP), f32(MAP)], (a, b) => tf.stack([a!, b!], 1)),
  lowering('stack of scalars', [f32([]), f32([])], (a, b) => tf.stack([a!, b!])),
  ...[0, 1, -1].map((axis) => lowering(`unstack over ${axis}`, [f32([2, 3, 4])], (x) => tf.unstack(x!, axis))),
  lowering('unstack of maps', [f32(MAP)], (x) => tf.unstack(x!, 3)),
  lowering('unstack of one', [f32([1, 3])], (x) => tf.unstack(x!)),
  ...[0, 1, 2, 3, -1].map((axis) => lowering(`split over ${axis}`, [f32([4, 2, 6, 4])], (x) => tf.split(x!, 2, axis))),
  lowering('split into given sizes', [f32([2, 7])], (x) => tf.split(x!, [1, 4, 2], 1)),
  lowering('split with a size to find', [f32([2, 7])], (x) => tf.split(x!, [1, -1, 2], 1)),
  lowering('split into one', [f32([2, 7])], (x) => tf.split(x!, 1, 1)),
  ...(
    [
      [
        [0, 0, 0, 0],
        [2, 3, 4, 5],
      ],
      [
        [1, 0, 0, 0],
        [1, 3, 4, 5],
      ],
      [
        [0, 1, 0, 2],
        [2, 2, 4, 2],
      ],
      [
        [0, 0, 3, 0],
        [-1, -1, -1, -1],
      ],
    ] as const
  ).map(([begin, size]) =>
    lowering(`slice at ${begin.join()} of ${size.join()}`, [f32(MAP)], (x) => tf.slice(x!, [...begin], [...size])),
  ),
  lowering('slice of a vector to its end', [f32([5])], (x) => tf.slice(x!, 2)),
  lowering('slice of known numbers', [f32([1])], (x) => [x!, tf.slice(tf.ones([4, 3]), [1, 0], [2, 2])]),
  lowering('slice of the middle and a gradient-like sum of pads', [f32([2, 5])], (x) =>
    tf.add(
      tf.pad(tf.slice(x!, [0, 0], [2, 2]), [
        [0, 0],
        [0, 3],
      ]),
      tf.pad(tf.slice(x!, [0, 2], [2, 3]), [
        [0, 0],
        [2, 0],
      ]),
    ),
  ),
  lowering('pads that overlap are not joined', [f32([2, 3])], (x) =>
    tf.add(
      tf.pad(x!, [
        [0, 0],
        [0, 2],
      ]),
      tf.pad(x!, [
        [0, 0],
        [2, 0],
      ]),
    ),
  ),
  lowering('pads that leave a gap are not joined', [f32([2, 2])], (x) =>
    tf.add(
      tf.pad(x!, [
        [0, 0],
        [0, 3],
      ]),
      tf.pad(x!, [
        [0, 0],
        [3, 0],
      ]),
    ),
  ),
  lowering('pads of ones are not joined', [f32([2, 2])], (x) =>
    tf.add(
      tf.pad(
        x!,
        [
          [0, 0],
          [0, 2],
        ],
        1,
      ),
      tf.pad(
        x!,
        [
          [0, 0],
          [2, 0],
        ],
        1,
      ),
    ),
  ),
  ...(
    [
      [
        [0, 0],
        [4, 5],
        [1, 2],
      ],
      [
        [3, 4],
        [0, 0],
        [-1, -2],
      ],
      [
        [1, -2],
        [-1, 5],
        [2, 1],
      ],
      [
        [-1, 0],
        [-5, 5],
        [-1, 1],
      ],
    ] as const
  ).map(([begin, end, strides]) =>
    lowering(`stridedSlice ${begin.join()} to ${end.join()} by ${strides.join()}`, [f32([4, 5])], (x) =>
      tf.stridedSlice(x!, [...begin], [...end], [...strides]),
    ),
  ),
  lowering('stridedSlice with masks', [f32([4, 5, 6])], (x) => [
    tf.stridedSlice(x!, [1, 1, 1], [3, 3, 3], [1, 1, 2], 1, 2),
    tf.stridedSlice(x!, [1, 1, 1], [3, 3, 3], [1, 1, 1], 0, 0, 0, 0, 2),
    tf.stridedSlice(x!, [1, 0], [3, 3], [1, 1], 0, 0, 1),
    tf.stridedSlice(x!, [0, 0, 1], [0, 3, 4], [1, 1, 2], 0, 0, 0, 1),
  ]),
  lowering('stridedSlice of maps', [f32(MAP)], (x) => tf.stridedSlice(x!, [0, 0, 0, 0], [2, 3, 4, 5], [1, 2, 1, 3])),
  lowering('stridedSlice to nothing but a scalar', [f32([4])], (x) =>
    tf.stridedSlice(x!, [2], [3], [1], 0, 0, 0, 0, 1),
  ),
  ...[[0], [1, 2], [-1], [0, 1, 2, 3]].map((axes) =>
    lowering(`reverse over ${axes.join()}`, [f32(MAP)], (x) => tf.reverse(x!, axes)),
  ),
  lowering('reverse of everything', [f32([2, 3])], (x) => tf.reverse(x!)),
  lowering('pad', [f32(MAP)], (x) =>
    tf.pad(
      x!,
      [
        [0, 0],
        [1, 2],
        [0, 3],
        [2, 0],
      ],
      0.5,
    ),
  ),
  lowering('pad of ranks 1, 2, 3', [f32([2]), f32([2, 3]), f32([2, 1, 3])], (a, b, c) => [
    tf.pad(a!, [[1, 2]]),
    tf.pad(b!, [
      [0, 0],
      [2, 1],
    ]),
    tf.pad(
      c!,
      [
        [1, 0],
        [0, 1],
        [0, 0],
      ],
      -1,
    ),
  ]),
  lowering('pad of int32', [i32([3])], (x) => tf.pad(x!, [[1, 1]], 7)),
  lowering('pad by nothing', [f32([3])], (x) => tf.pad(x!, [[0, 0]])),
  lowering('pad of known numbers', [f32([1])], (x) => [x!, tf.pad(tf.ones([2]), [[1, 1]])]),
  lowering('mirrorPad by reflection', [f32(MAP)], (x) =>
    tf.mirrorPad(
      x!,
      [
        [0, 0],
        [1, 2],
        [3, 0],
        [0, 0],
      ],
      'reflect',
    ),
  ),
  lowering('mirrorPad of the channels', [f32(MAP)], (x) =>
    tf.mirrorPad(
      x!,
      [
        [0, 0],
        [0, 0],
        [0, 0],
        [2, 3],
      ],
      'reflect',
    ),
  ),
  ...[
    [2, 1, 1, 1],
    [1, 2, 3, 1],
    [1, 1, 1, 2],
    [1, 1, 1, 1],
  ].map((reps) => lowering(`tile by ${reps.join()}`, [f32(MAP)], (x) => tf.tile(x!, reps))),
  lowering('tile of axes of size 1', [f32([2, 1, 4, 1])], (x) => tf.tile(x!, [1, 3, 1, 2])),
  lowering('tile of a vector, a matrix, numbers', [f32([3]), f32([1, 3])], (a, b) => [
    tf.tile(a!, [2]),
    tf.tile(b!, [2, 1]),
    tf.tile(tf.ones([2]), [3]),
  ]),
  lowering('broadcastTo', [f32([3, 1]), f32([]), f32([4])], (a, b, c) => [
    tf.broadcastTo(a!, [2, 3, 4]),
    tf.broadcastTo(b!, [2, 3]),
    tf.broadcastTo(c!, [2, 3, 2, 4]),
  ]),
  lowering(
    'the kernel BroadcastTo',
    [f32([3, 1])],
    (x) => tf.engine().runKernel('BroadcastTo', { x: x! }, { shape: [2, 3, 4] }),
    {
      reference: (x) => tf.broadcastTo(x!, [2, 3, 4]),
    },
  ),
  lowering('broadcastTo of a map', [f32([2, 1, 4, 1])], (x) => tf.broadcastTo(x!, [2, 3, 4, 5])),
  lowering('what is done to a repeated vector', [f32([4]), f32([2, 3, 2, 4])], (v, x) => {
    const wide = tf.add(tf.zeros([2, 3, 2, 4]), v!);
    return [
      tf.mul(wide, x!),
      tf.relu(wide),
      tf.concat([wide, x!], 3),
      tf.sum(wide, [0, 1, 2]),
      tf.transpose(wide, [0, 3, 1, 2]),
      tf.reshape(wide, [2, 24]),
    ];
  }),
  ...[0, 1, 2, 3, -1].map((axis) =>
    lowering(`gather over ${axis}`, [f32(MAP), given([4], [1, 0, 1, 1], 'int32')], (x, i) =>
      tf.gather(x!, i as tf.Tensor1D, axis),
    ),
  ),
  lowering('gather by a matrix, a scalar, constants', [f32([5, 2]), given([2, 2], [4, 0, 1, 3], 'int32')], (x, i) => [
    tf.gather(x!, i as tf.Tensor1D),
    tf.gather(x!, tf.scalar(3, 'int32')),
    tf.gather(x!, [2, 0]),
    tf.gather(x!, [1]),
  ]),
  lowering('oneHot', [given([5], [0, 2, -1, 3, 1], 'int32')], (x) => [
    tf.oneHot(x!, 3),
    tf.oneHot(x!, 3, 0.9, 0.1, 'float32'),
    tf.oneHot(x!, 3, 1, 0, 'bool'),
  ]),
  lowering(
    'oneHot of matrices and scalars',
    [given([2, 2], [0, 2, 1, 1], 'int32'), given([], [1], 'int32')],
    (x, y) => [tf.oneHot(x!, 4), tf.oneHot(y!, 2)],
  ),
  lowering('unsortedSegmentSum', [f32([5, 2, 3]), given([5], [0, 2, 2, 1, 0], 'int32')], (x, s) => [
    tf.unsortedSegmentSum(x!, s as tf.Tensor1D, 3),
    tf.unsortedSegmentSum(tf.sum(x!, [1, 2]), s as tf.Tensor1D, 4),
  ]),
  lowering('range', [f32([4])], (x) => [
    tf.add(x!, tf.range(0, 4)),
    tf.range(5, 0, -2, 'int32'),
    tf.add(x!, tf.linspace(0, 1, 4)),
  ]),
  lowering('fill, zerosLike, onesLike as outputs', [f32(MAP)], (x) => [
    tf.fill([2, 2], 3),
    tf.fill([2], 1, 'int32'),
    tf.fill([], 4),
    tf.zerosLike(x!),
    tf.onesLike(x!),
    tf.zeros([3], 'bool'),
  ]),
  lowering('constants of every type', [f32([1])], (x) => [
    x!,
    tf.tensor1d([1, 2, 3]),
    tf.tensor1d([1, 2, 3], 'int32'),
    tf.tensor1d([true, false], 'bool'),
    tf.scalar(2),
  ]),
];
