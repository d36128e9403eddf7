import {
  add,
  customGrad,
  div,
  mean,
  mul,
  neg,
  rsqrt,
  squaredDifference,
  sub,
  sum,
  tidy,
  type GradSaveFunc,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** Mean and biased variance over all axes but the last: (C) each, of `count` values a channel. */
export interface BatchStatistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly count: number;
}

/**
 * y = (x − mean(x)) / √(var(x) + ε) · γ + β per channel (last axis), with the batch's own mean and biased variance.
 *
 * The gradient is the closed form dx = A·(dy + B·x + C) with per-channel A, B, C: forward and backward stay a handful of
 * operations, where automatic differentiation makes dozens, and A comes last, where a traced convolution takes it into its filter.
 *
 * @param observe sees the statistics while they are alive, e.g. to update running ones.
 */
export function normalizeBatch(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  epsilon: number,
  observe: (statistics: BatchStatistics) => void,
): Tensor {
  const axes = Array.from({ length: x.rank - 1 }, (_, axis) => axis);
  const count = x.size / x.shape[x.rank - 1]!;
  const op = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [x, gamma, beta, save] = args as [Tensor, Tensor, Tensor, GradSaveFunc];
    const mu = mean(x, axes);
    const variance = mean(squaredDifference(x, mu), axes);
    observe({ mean: mu, variance, count });
    const inverse = rsqrt(add(variance, epsilon));
    const scale = mul(gamma, inverse);
    const value = add(mul(x, scale), sub(beta, mul(mu, scale)));
    save([x, mu, inverse, scale]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] =>
      tidy(() => {
        const [x, mu, inverse, a] = saved as [Tensor, Tensor, Tensor, Tensor];
        const dBeta = sum(dy, axes);
        const dGamma = mul(sub(sum(mul(dy, x), axes), mul(mu, dBeta)), inverse);
        const b = neg(div(mul(inverse, dGamma), count));
        const c = neg(add(div(dBeta, count), mul(b, mu)));
        return [mul(add(dy, add(mul(x, b), c)), a), dGamma, dBeta];
      });
    return { value, gradFunc };
  });
  return op(x, gamma, beta);
}

/** y = (x − mean) / √(variance + ε) · γ + β per channel with given statistics, as one affine map y = x·s + b. */
export function normalizeWith(
  x: Tensor,
  statistics: { readonly mean: Tensor; readonly variance: Tensor },
  gamma: Tensor | undefined,
  beta: Tensor | undefined,
  epsilon: number,
): Tensor {
  const inverse = rsqrt(add(statistics.variance, epsilon));
  const scale = gamma === undefined ? inverse : mul(gamma, inverse);
  const shift = neg(mul(statistics.mean, scale));
  return add(mul(x, scale), beta === undefined ? shift : add(beta, shift));
}
