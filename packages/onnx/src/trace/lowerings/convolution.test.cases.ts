import * as tf from '@tensorflow/tfjs-core';
import { f32 } from '../traced.test.helper.js';
import { type LoweringCase, lowering } from './case.test.helper.js';

type Size = readonly [number, number];
type Padding = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;

interface Geometry {
  readonly map: Size;
  readonly filter: Size;
  readonly strides?: Size;
  readonly dilations?: Size;
  readonly pad: Padding;
}

const explicit = (top: number, bottom: number, left: number, right: number): tf.backend_util.ExplicitPadding => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];

export const GEOMETRIES: readonly Geometry[] = [
  { map: [5, 7], filter: [3, 3], pad: 'same' },
  { map: [5, 7], filter: [3, 3], pad: 'valid' },
  { map: [5, 7], filter: [1, 1], pad: 'same' },
  { map: [5, 7], filter: [2, 3], pad: 'same' },
  { map: [6, 5], filter: [4, 2], pad: 'same' },
  { map: [5, 7], filter: [1, 3], pad: 'same' },
  { map: [5, 7], filter: [3, 1], pad: 'valid' },
  { map: [5, 7], filter: [5, 7], pad: 'valid' },
  { map: [5, 7], filter: [3, 3], pad: 1 },
  { map: [5, 7], filter: [3, 3], pad: 2 },
  { map: [5, 7], filter: [3, 3], pad: explicit(0, 2, 1, 0) },
  { map: [5, 7], filter: [2, 2], pad: explicit(1, 0, 0, 1) },
  { map: [5, 7], filter: [3, 3], strides: [2, 2], pad: 'same' },
  { map: [6, 8], filter: [3, 3], strides: [2, 2], pad: 'same' },
  { map: [6, 8], filter: [3, 3], strides: [2, 2], pad: 'valid' },
  { map: [7, 9], filter: [3, 2], strides: [3, 2], pad: 'same' },
  { map: [8, 9], filter: [3, 2], strides: [3, 1], pad: 'valid' },
  { map: [7, 8], filter: [1, 1], strides: [2, 3], pad: 'same' },
  { map: [7, 8], filter: [2, 2], strides: [3, 3], pad: 'valid' },
  { map: [7, 8], filter: [3, 3], strides: [2, 1], pad: explicit(1, 0, 2, 1) },
  { map: [7, 8], filter: [3, 3], dilations: [2, 2], pad: 'same' },
  { map: [7, 8], filter: [3, 2], dilations: [1, 3], pad: 'valid' },
  { map: [7, 8], filter: [2, 3], dilations: [3, 1], pad: explicit(2, 1, 0, 1) },
  { map: [1, 1], filter: [3, 3], pad: 'same' },
  { map: [1, 6], filter: [1, 3], pad: 'same' },
];

export const nameOf = ({ map, filter, strides = [1, 1], dilations = [1, 1], pad }: Geometry): string =>
  `${map.join('×')} by ${filter.join('×')}, stride ${strides.join('×')}, dilation ${dilations.join('×')}, padding ${JSON.stringify(pad)}`;

export const conv = (x: tf.Tensor, w: tf.Tensor, g: Geometry): tf.Tensor =>
  tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, pair(g.strides), g.pad, 'NHWC', pair(g.dilations));

export const depthwise = (x: tf.Tensor, w: tf.Tensor, g: Geometry): tf.Tensor =>
  tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, pair(g.strides), g.pad, 'NHWC', pair(g.dilations));

const pair = (size: Size | undefined): [number, number] => [size?.[0] ?? 1, size?.[1] ?? 1];

/** Both operands' gradients of a weighted sum of the result: no two cells of dy are equal. */
export function gradients(op: (x: tf.Tensor, w: tf.Tensor) => tf.Tensor) {
  return (x?: tf.Tensor, w?: tf.Tensor): tf.Tensor[] =>
    tf.grads((a, b) => {
      const y = op(a!, b!);
      const weights = tf.cos(tf.reshape(tf.range(0, y.size), y.shape));
      return tf.sum(tf.mul(y, weights));
    })([x!, w!]);
}

// tfjs has no gradients of dilated 2-D convolutions in its depthwise and ordinary kernels on the CPU backend.
const hasGradient = ({ dilations }: Geometry): boolean => dilations === undefined;

const convolutions = GEOMETRIES.flatMap((g) => {
  const x = f32([2, ...g.map, 3]);
  const w = f32([...g.filter, 3, 4]);
  const cases = [lowering(`conv2d ${nameOf(g)}`, [x, w], (a, b) => conv(a!, b!, g))];
  if (hasGradient(g)) {
    cases.push(
      lowering(
        `gradients of conv2d ${nameOf(g)}`,
        [x, w],
        gradients((a, b) => conv(a, b, g)),
        { rtol: 1e-4, atol: 1e-4 },
      ),
    );
  }
  return cases;
});

const depthwiseConvolutions = GEOMETRIES.flatMap((g) =>
  [1, 2].flatMap((multiplier) => {
    const x = f32([2, ...g.map, 3]);
    const w = f32([...g.filter, 3, multiplier]);
    const cases = [lowering(`depthwiseConv2d ×${multiplier} ${nameOf(g)}`, [x, w], (a, b) => depthwise(a!, b!, g))];
    if (hasGradient(g)) {
      cases.push(
        lowering(
          `gradients of depthwiseConv2d ×${multiplier} ${nameOf(g)}`,
          [x, w],
          gradients((a, b) => depthwise(a, b, g)),
          {
            rtol: 1e-4,
            atol: 1e-4,
          },
        ),
      );
    }
    return cases;
  }),
);

const channelCounts = (
  [
    [1, 1],
    [1, 5],
    [5, 1],
    [8, 3],
    [3, 8],
  ] as const
).map(([i, o]) =>
  lowering(
    `gradients of conv2d, ${i} to ${o} channels`,
    [f32([2, 5, 6, i]), f32([3, 3, i, o])],
    gradients((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same')),
    { rtol: 1e-4, atol: 1e-4 },
  ),
);

const ACTIVATIONS = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const;

const fusedInputs = [f32([2, 4, 5, 3]), f32([3, 3, 3, 4]), f32([4])];

const fused = ACTIVATIONS.flatMap((activation) => [
  lowering(`fused conv2d with bias and ${activation}`, fusedInputs, (x, filter, bias) =>
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: filter as tf.Tensor4D,
      strides: 1,
      pad: 'same',
      bias: bias!,
      activation,
      leakyreluAlpha: 0.3,
    }),
  ),
  lowering(
    `fused depthwiseConv2d with bias and ${activation}`,
    [f32([2, 4, 5, 3]), f32([3, 3, 3, 2]), f32([6])],
    (x, filter, bias) =>
      tf.fused.depthwiseConv2d({
        x: x as tf.Tensor4D,
        filter: filter as tf.Tensor4D,
        strides: 1,
        pad: 'same',
        bias: bias!,
        activation,
        leakyreluAlpha: 0.3,
      }),
  ),
]);

export const CONVOLUTION_CASES: readonly LoweringCase[] = [
  ...convolutions,
  ...depthwiseConvolutions,
  ...channelCounts,
  ...fused,
  lowering('fused conv2d with a scalar bias', [f32([2, 4, 5, 3]), f32([3, 3, 3, 4]), f32([])], (x, filter, bias) =>
    tf.fused.conv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, strides: 1, pad: 'valid', bias: bias! }),
  ),
  lowering('fused conv2d with a slope per channel', [...fusedInputs, f32([4])], (x, filter, bias, alpha) =>
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: filter as tf.Tensor4D,
      strides: 1,
      pad: 'same',
      bias: bias!,
      activation: 'prelu',
      preluActivationWeights: alpha!,
    }),
  ),
  lowering('fused conv2d with a slope per element', [...fusedInputs, f32([4, 5, 4])], (x, filter, bias, alpha) =>
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: filter as tf.Tensor4D,
      strides: 1,
      pad: 'same',
      bias: bias!,
      activation: 'prelu',
      preluActivationWeights: alpha!,
    }),
  ),
  lowering('conv2d with bias added after', fusedInputs, (x, w, b) =>
    tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), b!),
  ),
  lowering('conv2d with two biases, the first used twice', fusedInputs, (x, w, b) => {
    const y = tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), b!);
    return [tf.add(y, b!), tf.relu(y)];
  }),
  lowering('conv2d of three dimensions', [f32([5, 6, 2]), f32([3, 3, 2, 4])], (x, w) =>
    tf.conv2d(x as tf.Tensor3D, w as tf.Tensor4D, 1, 'same'),
  ),
  lowering('conv1d', [f32([2, 9, 3]), f32([3, 3, 4])], (x, w) =>
    tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 2, 'valid'),
  ),
  lowering('conv1d, dilated', [f32([2, 9, 3]), f32([3, 3, 4])], (x, w) =>
    tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 1, 'same', 'NWC', 2),
  ),
  lowering('separableConv2d', [f32([2, 6, 5, 3]), f32([3, 3, 3, 2]), f32([1, 1, 6, 4])], (x, d, p) =>
    tf.separableConv2d(x as tf.Tensor4D, d as tf.Tensor4D, p as tf.Tensor4D, 2, 'same'),
  ),
  ...(
    [
      [1, 'same', 5, 6],
      [2, 'same', 9, 12],
      [2, 'valid', 11, 13],
      [3, 'valid', 15, 18],
    ] as const
  ).map(([stride, pad, h, w]) =>
    lowering(`conv2dTranspose, stride ${stride}, ${pad}`, [f32([2, 5, 6, 3]), f32([3, 3, 4, 3])], (x, f) =>
      tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [2, h, w, 4], stride, pad),
    ),
  ),
  lowering('conv2d with rounding up', [f32([2, 6, 8, 2]), f32([3, 3, 2, 4])], (x, w) =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 0, 'NHWC', 1, 'ceil'),
  ),
];
