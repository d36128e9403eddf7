import { add, grads, mul, sum, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { callArguments, sampleInput } from './layer-fixture.js';
import { expectClose } from './expect-close.js';
import { MismatchError } from './mismatch-error.js';

/** Half step of the central difference: large enough for float32, small enough to stay on one side of most kinks. */
const STEP = 1e-3;

/** Largest gradient of a weight without effect: float32 rounding of sums of values near 1. */
export const IDLE_GRADIENT = 1e-5;

/**
 * Gradients of ⟨layer(x), r⟩ by input and by every trained weight: finite, not all zero, and equal along a random direction
 * to the central difference (2 %: float32 differences at step 1e-3). Those by `idle` weights: all but zero. @throws MismatchError.
 */
export function checkGradients(
  layer: layers.Layer,
  shape: readonly number[],
  training: boolean,
  idle: readonly string[] = [],
): void {
  tidy(() => {
    const x = sampleInput(shape);
    const weights = layer.trainableWeights.map((weight) => weight.read() as Variable);
    const names = ['the input', ...layer.trainableWeights.map((weight) => weight.originalName)];
    const mode = training ? 'training' : 'inference';
    const project = sampleInput((layer.apply(x, callArguments(training)) as Tensor).shape, 'projection');
    const value = (input: Tensor): Tensor => sum(mul(layer.apply(input, callArguments(training)) as Tensor, project));
    const gradients = grads((...inputs: Tensor[]) => value(inputs[0]!))([x, ...weights]);
    for (const [i, gradient] of gradients.entries()) {
      const what = `${layer.name} in ${mode}: the gradient by ${names[i]}`;
      const values = Float32Array.from(gradient.dataSync());
      if (!values.every(Number.isFinite)) throw new MismatchError({ what: `${what} is not finite.` });
      if (idle.includes(names[i]!)) {
        expectClose(values, new Float32Array(values.length), { rtol: 0, atol: IDLE_GRADIENT, what });
        continue;
      }
      const direction = sampleInput(gradient.shape, `direction ${i}`);
      const along = (sign: number): number => {
        const moved = (from: Tensor): Tensor => add(from, mul(direction, sign * STEP));
        if (i === 0) return value(moved(x)).dataSync()[0]!;
        const variable = weights[i - 1]!;
        const kept = variable.clone();
        variable.assign(moved(variable));
        const result = value(x).dataSync()[0]!;
        variable.assign(kept);
        return result;
      };
      const numeric = (along(1) - along(-1)) / (2 * STEP);
      const analytic = sum(mul(gradient, direction)).dataSync()[0]!;
      const scale = Math.sqrt(values.reduce((total, g) => total + g * g, 0));
      if (scale === 0) throw new MismatchError({ what: `${what} is zero everywhere.` });
      expectClose([analytic], [numeric], { rtol: 2e-2, atol: 2e-2 * scale, what: `${what} against differences` });
    }
  });
}
