import { checkFinite } from '@asc/core';
import { ones, serialization, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, flagOf, knownSize, singleInput, singleShape, type LayerConfig } from './asc-layer.js';
import { normalizeBatch, normalizeWith } from './normalize-batch.js';
import { shareOfBatch, updateRunningStatistics } from './running-statistics.js';

/** What a {@link BatchNorm} of C channels learns and how its statistics move. */
export interface BatchNormConfig extends LayerConfig {
  /** Weight of the newest batch in the running statistics; default 0.1. (Keras calls 1 − this momentum.) */
  momentum?: number;
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
  /** Learn a shift β; default true. */
  center?: boolean;
  /** Learn a gain γ; default true. */
  scale?: boolean;
}

/**
 * Batch normalisation over the last axis with PyTorch's semantics: y = (x − μ)/√(σ² + ε)·γ + β.
 *
 * (B, F, T, C) or (B, C), same out. Training uses the batch's mean and biased variance, and moves the running ones by
 * `momentum`, or the call argument `statisticsShare`, with the unbiased variance. Inference, and training of a layer whose `trainable` is false, uses the running
 * ones and changes nothing. Source: Ioffe, Szegedy (2015); `torch.nn.BatchNorm2d`.
 */
export class BatchNorm extends AscLayer {
  static className = 'AscBatchNorm';
  readonly #momentum: number;
  readonly #epsilon: number;
  readonly #center: boolean;
  readonly #scale: boolean;
  #gamma: LayerVariable | undefined;
  #beta: LayerVariable | undefined;
  #movingMean!: LayerVariable;
  #movingVariance!: LayerVariable;

  constructor(config: BatchNormConfig = {}) {
    super(config, 'BatchNorm', ['momentum', 'epsilon', 'center', 'scale']);
    this.#momentum = checkFinite('momentum', config.momentum ?? 0.1, { min: 0, max: 1 });
    this.#epsilon = checkFinite('epsilon', config.epsilon ?? 1e-5, { min: 0 });
    this.#center = flagOf('center', config.center, true);
    this.#scale = flagOf('scale', config.scale, true);
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = [knownSize(this, singleShape(this, inputShape, [2, 4]), -1)];
    const one = initializers.ones();
    const zero = initializers.zeros();
    if (this.#scale) this.#gamma = this.addWeight('gamma', channels, 'float32', one);
    if (this.#center) this.#beta = this.addWeight('beta', channels, 'float32', zero);
    this.#movingMean = this.addWeight('moving_mean', channels, 'float32', zero, undefined, false);
    this.#movingVariance = this.addWeight('moving_variance', channels, 'float32', one, undefined, false);
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return singleShape(this, inputShape, [2, 4]);
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown> = {}): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const gamma = this.#gamma?.read();
      const beta = this.#beta?.read();
      if (kwargs['training'] !== true || this.#frozen()) {
        const running = { mean: this.#movingMean.read(), variance: this.#movingVariance.read() };
        return normalizeWith(x, running, gamma, beta, this.#epsilon);
      }
      const channels = this.#movingMean.shape as number[];
      const share = shareOfBatch(kwargs, this.#momentum);
      return normalizeBatch(x, gamma ?? ones(channels), beta ?? zeros(channels), this.#epsilon, (batch) =>
        updateRunningStatistics(this.name, this.#movingMean, this.#movingVariance, batch, share),
      );
    });
  }

  /** A frozen model marks the weights of its layers, not the layers. */
  #frozen(): boolean {
    return !this.trainable || (this.#gamma ?? this.#beta)?.trainable === false;
  }

  override macs(inputShape: Shape): number {
    const channels = knownSize(this, singleShape(this, inputShape, [2, 4]), -1);
    return channels * (Number(this.#scale) + Number(this.#center));
  }

  override countStatistics(): number {
    return this.built ? 2 * (this.#movingMean.shape[0] ?? 0) : 0;
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      momentum: this.#momentum,
      epsilon: this.#epsilon,
      center: this.#center,
      scale: this.#scale,
    };
  }
}
serialization.registerClass(BatchNorm);
