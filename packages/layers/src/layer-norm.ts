import { checkFinite } from '@asc/core';
import { add, mean, mul, rsqrt, serialization, square, sub, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, singleInput, singleShape, type LayerConfig } from './asc-layer.js';

/** What a {@link LayerNorm} adds to the variance of C values. */
export interface LayerNormConfig extends LayerConfig {
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
}

/**
 * Layer normalisation over the last axis: y = (x − μ)/√(σ² + ε)·γ + β, μ and biased σ² of each vector of C values.
 *
 * (B, C), (B, T, C) or (B, F, T, C), same out. Source: Ba, Kiros, Hinton (2016); `torch.nn.LayerNorm(C)`.
 */
export class LayerNorm extends AscLayer {
  static className = 'AscLayerNorm';
  readonly #epsilon: number;
  #gamma!: LayerVariable;
  #beta!: LayerVariable;

  constructor(config: LayerNormConfig = {}) {
    super(config, 'LayerNorm', ['epsilon']);
    this.#epsilon = checkFinite('epsilon', config.epsilon ?? 1e-5, { min: 0 });
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = [knownSize(this, singleShape(this, inputShape, [2, 3, 4]), -1)];
    this.#gamma = this.addWeight('gamma', channels, 'float32', initializers.ones());
    this.#beta = this.addWeight('beta', channels, 'float32', initializers.zeros());
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return singleShape(this, inputShape, [2, 3, 4]);
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const centred = sub(x, mean(x, -1, true));
      const variance = mean(square(centred), -1, true);
      const scaled = mul(centred, rsqrt(add(variance, this.#epsilon)));
      return add(mul(scaled, this.#gamma.read()), this.#beta.read());
    });
  }

  override macs(inputShape: Shape): number {
    return 2 * knownSize(this, singleShape(this, inputShape, [2, 3, 4]), -1);
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), epsilon: this.#epsilon };
  }
}
serialization.registerClass(LayerNorm);
