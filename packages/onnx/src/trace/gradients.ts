import {
  type NamedAttrMap,
  type Tensor,
  add,
  div,
  fill,
  mul,
  neg,
  reshape,
  rsqrt,
  step,
  sub,
  sum,
  util,
} from '@tensorflow/tfjs-core';
import type { GradientOverride } from './lowering.js';

/**
 * Gradients that replace tfjs's own while tracing, because tfjs composes them of many broadcasts, or of comparisons and
 * choices, which are several times slower in ONNX Runtime than products with a step. Same values; fewer passes over memory.
 */
export const TRACED_GRADIENTS: readonly GradientOverride[] = [
  {
    // Of the result: what came before it need not be kept.
    kernelName: 'Relu',
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => mul(dy as Tensor, step(y!)) }),
  },
  {
    kernelName: 'LeakyRelu',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => {
      const alpha = attrs['alpha'] as number;
      return { x: () => mul(dy as Tensor, add(mul(step(x!), 1 - alpha), alpha)) };
    },
  },
  {
    // tfjs writes out an array of ones as large as x, and divides every number of the result for a mean.
    kernelName: 'Sum',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => ({ x: () => spread(dy as Tensor, x!, attrs) }),
  },
  {
    kernelName: 'Mean',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attrs) => ({ x: () => spread(div(dy as Tensor, x!.size / (dy as Tensor).size), x!, attrs) }),
  },
  {
    kernelName: 'Maximum',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => halves(dy as Tensor, sub(b!, a!), a!, b!),
  },
  {
    kernelName: 'Minimum',
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, [a, b]) => halves(dy as Tensor, sub(a!, b!), a!, b!),
  },
  {
    // y = (x − m)·r·g + o with r = 1/√(v + ε); per channel. tfjs tiles every factor to full size instead.
    kernelName: 'FusedBatchNorm',
    inputsToSave: ['x', 'mean', 'variance', 'scale'],
    gradFunc: (dyOne, saved, attrs) => {
      const dy = dyOne as Tensor;
      const [x, mean, variance, scale] = saved as [Tensor, Tensor, Tensor, Tensor | undefined];
      const epsilon = attrs['varianceEpsilon'] as number;
      const channels = x.shape.at(-1)!;
      const vector = (t: Tensor): Tensor => reshape(t, [channels]);
      const outer = x.shape.map((_, i) => i).slice(0, -1);
      const r = rsqrt(add(vector(variance), epsilon));
      const g = scale === undefined || scale === null ? r : mul(r, vector(scale));
      const dyTotal = sum(dy, outer);
      // Σ dy·(x − m) = Σ dy·x − m·Σ dy
      const dyCentred = sub(sum(mul(dy, x), outer), mul(vector(mean), dyTotal));
      const half = mul(mul(dyCentred, g), mul(mul(r, r), -0.5));
      return {
        x: () => mul(dy, g),
        mean: () => reshape(neg(mul(dyTotal, g)), mean.shape),
        variance: () => reshape(half, variance.shape),
        scale: () => reshape(mul(dyCentred, r), scale?.shape ?? [channels]),
        offset: () => reshape(dyTotal, [channels]),
      };
    },
  },
];

/** dy of a reduction of x, for every number of x. */
function spread(dy: Tensor, x: Tensor, attrs: NamedAttrMap): Tensor {
  const axes = util.parseAxisParam(attrs['axis'] as number | number[], x.shape);
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return mul(reshape(dy, kept), fill(x.shape, 1));
}

/** The gradient of a two-way choice: all of dy for b where `second` is above 0, for a elsewhere; summed over broadcast axes. */
function halves(dy: Tensor, second: Tensor, a: Tensor, b: Tensor): Record<string, () => Tensor> {
  const ofSecond = mul(dy, step(second));
  return {
    a: () => toShape(sub(dy, ofSecond), a.shape),
    b: () => toShape(ofSecond, b.shape),
  };
}

function toShape(gradient: Tensor, shape: readonly number[]): Tensor {
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape
    .map((_, i) => i)
    .filter((i) => i < extra || (shape[i - extra] === 1 && gradient.shape[i] !== 1));
  if (axes.length === 0) return gradient;
  return reshape(sum(gradient, axes), [...shape]);
}
