import {
  add,
  cast,
  customGrad,
  equal,
  gather,
  less,
  logicalAnd,
  mul,
  range,
  reshape,
  sum,
  tidy,
  transpose,
  type GradSaveFunc,
  type Tensor,
} from '@tensorflow/tfjs-core';

/**
 * x with its examples in another order, the ranks of `keys` (B, 1): y[i] = x[rank(keys[i])]. Independent uniform keys give a
 * uniform permutation; equal keys rank by position.
 *
 * Made of comparisons, B² of them, so that it can be traced; the gradient is the inverse permutation.
 */
export function permuteBatch(x: Tensor, keys: Tensor): Tensor {
  const size = keys.shape[0]!;
  const row = reshape(range(0, size, 1, 'float32'), [1, size]);
  const column = reshape(row, [size, 1]);
  const others = transpose(keys);
  const smaller = cast(less(others, keys), 'float32');
  const tiedBefore = cast(logicalAnd(equal(others, keys), less(row, column)), 'float32');
  const order = sum(add(smaller, tiedBefore), 1);
  const inverse = sum(mul(cast(equal(reshape(order, [size, 1]), row), 'float32'), column), 0);
  const op = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [input, order, inverse, save] = args as [Tensor, Tensor, Tensor, GradSaveFunc];
    save([inverse]);
    const gradFunc = (dy: Tensor, [back]: Tensor[]): Tensor[] =>
      tidy(() => [gather(dy, cast(back!, 'int32')), mul(back!, 0), mul(back!, 0)]);
    return { value: gather(input, cast(order, 'int32')), gradFunc };
  });
  return op(x, order, inverse);
}
