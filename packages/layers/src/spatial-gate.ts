import {
  concat,
  conv2d,
  mean,
  mul,
  serialization,
  sigmoid,
  tidy,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, seedOf, singleInput, singleShape, type SeededLayerConfig } from './asc-layer.js';
import { maxOverAxes } from './max-over-axes.js';
import { normalizeBatch, normalizeWith } from './normalize-batch.js';
import { shareOfBatch, updateRunningStatistics } from './running-statistics.js';
import { seededInitializer, torchDefaultLaw } from './seeded-initializer.js';

const KERNEL = 7;
const EPSILON = 1e-5;
const MOMENTUM = 0.01;

/**
 * CBAM's spatial attention: y = x · σ(BN(k ∗ [max_c x, mean_c x])), k a 7×7 convolution without bias, zero padding 3, and
 * BN a batch norm of one channel (ε 1e-5, PyTorch momentum 0.01).
 *
 * (B, F, T, C) → same. Source: Woo et al. (2018), with the batch norm of the authors' public implementation.
 */
export class SpatialGate extends AscLayer {
  static className = 'AscSpatialGate';
  readonly #seed: number;
  #kernel!: LayerVariable;
  #gamma!: LayerVariable;
  #beta!: LayerVariable;
  #movingMean!: LayerVariable;
  #movingVariance!: LayerVariable;

  constructor(config: SeededLayerConfig = {}) {
    super(config, 'SpatialGate', ['seed']);
    this.#seed = seedOf(config);
  }

  override build(inputShape: Shape | Shape[]): void {
    singleShape(this, inputShape, [4]);
    const start = seededInitializer(this.#seed, this.name, 'kernel', torchDefaultLaw(KERNEL * KERNEL * 2));
    const one = initializers.ones();
    const zero = initializers.zeros();
    this.#kernel = this.addWeight('kernel', [KERNEL, KERNEL, 2, 1], 'float32', start);
    this.#gamma = this.addWeight('gamma', [1], 'float32', one);
    this.#beta = this.addWeight('beta', [1], 'float32', zero);
    this.#movingMean = this.addWeight('moving_mean', [1], 'float32', zero, undefined, false);
    this.#movingVariance = this.addWeight('moving_variance', [1], 'float32', one, undefined, false);
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return singleShape(this, inputShape, [4]);
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown> = {}): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs) as Tensor4D;
      const pooled = concat([maxOverAxes(x, [3]), mean(x, [3], true)], 3) as Tensor4D;
      const logits = conv2d(pooled, this.#kernel.read() as Tensor4D, 1, 'same');
      const learn = kwargs['training'] === true && this.trainable && this.#gamma.trainable;
      return mul(x, sigmoid(this.#normalize(logits, learn, shareOfBatch(kwargs, MOMENTUM))));
    });
  }

  #normalize(x: Tensor, learn: boolean, share: number | Tensor): Tensor {
    const [gamma, beta] = [this.#gamma.read(), this.#beta.read()];
    if (!learn) {
      const running = { mean: this.#movingMean.read(), variance: this.#movingVariance.read() };
      return normalizeWith(x, running, gamma, beta, EPSILON);
    }
    return normalizeBatch(x, gamma, beta, EPSILON, (batch) =>
      updateRunningStatistics(this.name, this.#movingMean, this.#movingVariance, batch, share),
    );
  }

  override macs(inputShape: Shape): number {
    const shape = singleShape(this, inputShape, [4]);
    return KERNEL * KERNEL * 2 * knownSize(this, shape, 1) * knownSize(this, shape, 2) + 2;
  }

  override countStatistics(): number {
    return 2;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), seed: this.#seed };
  }
}
serialization.registerClass(SpatialGate);
