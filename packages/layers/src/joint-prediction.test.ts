import { describe, expect, test } from '@jest/globals';
import { expectClose, readGolden, useCpuBackend } from '@asc/testing';
import { exp, slice, softmax, sum, tensor, tidy, valueAndGrads, type Tensor } from '@tensorflow/tfjs-core';
import { input } from '@tensorflow/tfjs-layers';
import { GroupLogSoftmax } from './group-log-softmax.js';
import { JointPrediction } from './joint-prediction.js';

await useCpuBackend();

interface Packed {
  readonly shape: number[];
  readonly data: number[];
}
type Case = Readonly<Record<'x' | 'projection' | 'y' | 'dx', Packed>>;

const golden = readGolden<{ groupOf: number[]; joint: Case; byGroup: Case }>(
  new URL('../../../golden/layers/joint.json', import.meta.url),
);
const { groupOf } = golden;
const unpack = ({ shape, data }: Packed): Tensor => tensor(data, shape, 'float32');

/** float32 on both sides, a few sums of ten terms. */
const TOLERANCE = { rtol: 1e-4, atol: 1e-5 };

test.each([
  ['JointPrediction', () => new JointPrediction({ groupOf }), golden.joint],
  ['GroupLogSoftmax', () => new GroupLogSoftmax({ groupOf }), golden.byGroup],
] as const)('%s equals PyTorch, forward and gradient', (_, make, { x, projection, y, dx }) => {
  tidy(() => {
    const layer = make();
    const { value, grads } = valueAndGrads((t) => layer.apply(t!))([unpack(x)], unpack(projection));
    expectClose(value.dataSync(), y.data, { ...TOLERANCE, what: 'output' });
    expectClose(grads[0]!.dataSync(), dx.data, { ...TOLERANCE, what: 'gradient' });
  });
});

describe('laws', () => {
  test('both are distributions, however far apart the logits', () => {
    tidy(() => {
      const x = tensor([[500, -500, 0, 3, 1, 1, -80, 90, 2, 7, 300, -300, 5]]);
      const joint = new JointPrediction({ groupOf }).apply(x);
      expectClose(sum(softmax(joint)).dataSync(), [1]);
      const within = new GroupLogSoftmax({ groupOf }).apply(slice(x, [0, 0], [1, 10]));
      expectClose(sum(exp(within)).dataSync(), [3], { rtol: 1e-5 });
    });
  });

  test('an undecided group posterior leaves the class posterior as it was', () => {
    tidy(() => {
      const classes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
      const joint = new JointPrediction({ groupOf }).apply(tensor([[...classes, 2, 2, 2]]));
      expectClose(softmax(joint).dataSync(), softmax(tensor([classes])).dataSync(), { rtol: 1e-5 });
    });
  });
});

test('bad input is refused', () => {
  expect(() => new JointPrediction({ groupOf: [] })).toThrow('groupOf');
  expect(() => new JointPrediction({ groupOf: [0, 2] })).toThrow('none left out');
  expect(() => new GroupLogSoftmax({ groupOf: [0, -1] })).toThrow('groupOf');
  expect(() => new GroupLogSoftmax({ groupOf: 'ab' as never })).toThrow('groupOf');
  expect(() => new GroupLogSoftmax({ groupOf, groups: 3 } as never)).toThrow('unknown key');
  expect(() => new JointPrediction({ groupOf, name: 'joint' }).apply(input({ shape: [10] }))).toThrow('expected (13)');
  expect(() => new GroupLogSoftmax({ groupOf, name: 'by' }).apply(input({ shape: [9] }))).toThrow('expected (10)');
});
