import { checkFinite } from '@asc/core';
import { add, mean, mul, rsqrt, serialization, square, sub, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, singleInput, singleShape, type LayerConfig } from './asc-layer.js';

/** What a {@link ResidualNorm} lets through, and adds to the variance. */
export interface ResidualNormConfig extends LayerConfig {
  /** Share λ of the input that passes unnormalised; default 0.1. */
  lambda?: number;
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
}

/**
 * Residual normalisation: y = λ·x + (x − μ)/√(σ² + ε), with μ and the unbiased σ² of each clip and band over (T, C).
 *
 * (B, F, T, C) → same; nothing is learnt, and training and inference are alike. What a recording device does to a band's
 * level is taken out, the rest passes by the shortcut. Source: Kim, Yang, Kim, Chang 2021 (arXiv 2111.06531); unbiased as
 * in the public code of TF-SepNet.
 */
export class ResidualNorm extends AscLayer {
  static className = 'AscResidualNorm';
  readonly #lambda: number;
  readonly #epsilon: number;

  constructor(config: ResidualNormConfig = {}) {
    super(config, 'ResidualNorm', ['lambda', 'epsilon']);
    this.#lambda = checkFinite('lambda', config.lambda ?? 0.1);
    this.#epsilon = checkFinite('epsilon', config.epsilon ?? 1e-5, { min: 0 });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return singleShape(this, inputShape, [4]);
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const centred = sub(x, mean(x, [2, 3], true));
      const values = x.shape[2]! * x.shape[3]!;
      const variance = mul(sum(square(centred), [2, 3], true), 1 / Math.max(1, values - 1));
      return add(mul(x, this.#lambda), mul(centred, rsqrt(add(variance, this.#epsilon))));
    });
  }

  override macs(): number {
    return 0;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), lambda: this.#lambda, epsilon: this.#epsilon };
  }
}
serialization.registerClass(ResidualNorm);
