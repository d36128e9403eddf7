import {
  add,
  div,
  maximum,
  mean,
  mul,
  serialization,
  sqrt,
  square,
  sum,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, singleInput, singleShape, type LayerConfig } from './asc-layer.js';

/** Added to the mean norm, as the published code does. */
const EPSILON = 1e-6;
/** A channel of zeros has norm 0, where the square root has no gradient: the sum of squares stops here, far below ε². */
const SMALLEST_SQUARE = 1e-20;

/**
 * Global response normalisation with one γ and one β for the whole layer, both 0 at first (the identity):
 * y = γ·x·n + β + x, n = ‖x‖ / (mean over channels of ‖x‖ + 1e-6), ‖x‖ the 2-norm of a channel over (F, T).
 *
 * (B, F, T, C) → same. The scalars are those of CP-Mobile (Schmid et al. 2023); Woo et al. 2023 (ConvNeXt V2, arXiv
 * 2301.00808), who introduced it, learn one pair per channel.
 */
export class GlobalResponseNorm extends AscLayer {
  static className = 'AscGlobalResponseNorm';
  #gamma!: LayerVariable;
  #beta!: LayerVariable;

  constructor(config: LayerConfig = {}) {
    super(config, 'GlobalResponseNorm', []);
  }

  override build(inputShape: Shape | Shape[]): void {
    singleShape(this, inputShape, [4]);
    this.#gamma = this.addWeight('gamma', [1], 'float32', initializers.zeros());
    this.#beta = this.addWeight('beta', [1], 'float32', initializers.zeros());
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return singleShape(this, inputShape, [4]);
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const norm = sqrt(maximum(sum(square(x), [1, 2], true), SMALLEST_SQUARE));
      const relative = div(norm, add(mean(norm, 3, true), EPSILON));
      return add(add(mul(this.#gamma.read(), mul(x, relative)), this.#beta.read()), x);
    });
  }

  /** Two weights, each used once, as torchinfo would count a module it does not know. */
  override macs(): number {
    return 0;
  }
}
serialization.registerClass(GlobalResponseNorm);
