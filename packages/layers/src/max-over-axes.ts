import {
  cast,
  customGrad,
  div,
  equal,
  max,
  mul,
  sum,
  tidy,
  type GradSaveFunc,
  type Tensor,
} from '@tensorflow/tfjs-core';

/**
 * Maximum over `axes`, kept with size 1. Equal maxima share the gradient (as PyTorch's `amax`).
 *
 * The gradient of tfjs gives every one of them the whole: behind zero padding, where large regions hold one value, that
 * multiplies gradients by the size of the region.
 */
export function maxOverAxes(x: Tensor, axes: number[]): Tensor {
  const op = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [input, save] = args as [Tensor, GradSaveFunc];
    const value = max(input, axes, true);
    save([input, value]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor =>
      tidy(() => {
        const [x, y] = saved as [Tensor, Tensor];
        const hit = cast(equal(x, y), 'float32');
        return mul(hit, div(dy, sum(hit, axes, true)));
      });
    return { value, gradFunc };
  });
  return op(x);
}
