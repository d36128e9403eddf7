import { checkPositiveInteger } from '@asc/core';
import { matMul, relu, reshape, serialization, softmax, tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, seedOf, singleInput, singleShape, type SeededLayerConfig } from './asc-layer.js';
import { seededInitializer, torchDefaultLaw } from './seeded-initializer.js';

/** What an {@link AttentivePool} has: its heads, and the hidden units of its scores. */
export interface AttentivePoolConfig extends SeededLayerConfig {
  /** Weighted means taken side by side (H). */
  heads: number;
  /** Hidden units of the scorer. */
  units: number;
}

/**
 * Multi-head attentive pooling: A = softmax over time of relu(x·W₁)·W₂, and head h gives Σₜ A[t, h]·x[t].
 *
 * (B, T, C) → (B, H·C), heads one after another; W₁ (C, units), W₂ (units, H), no biases. Source: Zhu, Ko, Snyder, Mak,
 * Povey, "Self-attentive speaker embeddings for text-independent speaker verification" (Interspeech 2018).
 */
export class AttentivePool extends AscLayer {
  static className = 'AscAttentivePool';
  readonly #heads: number;
  readonly #units: number;
  readonly #seed: number;
  #hidden!: LayerVariable;
  #score!: LayerVariable;

  constructor(config: AttentivePoolConfig) {
    super(config, 'AttentivePool', ['heads', 'units', 'seed']);
    this.#heads = checkPositiveInteger('heads', config.heads);
    this.#units = checkPositiveInteger('units', config.units);
    this.#seed = seedOf(config);
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = knownSize(this, singleShape(this, inputShape, [3]), -1);
    const weight = (name: string, size: number, units: number): LayerVariable => {
      const start = seededInitializer(this.#seed, this.name, name, torchDefaultLaw(size));
      return this.addWeight(name, [size, units], 'float32', start);
    };
    this.#hidden = weight('hidden_kernel', channels, this.#units);
    this.#score = weight('score_kernel', this.#units, this.#heads);
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [3]);
    return [shape[0] ?? null, this.#heads * knownSize(this, shape, -1)];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const [, frames, channels] = x.shape as [number, number, number];
      const hidden = relu(matMul(reshape(x, [-1, channels]), this.#hidden.read()));
      const scores = reshape(matMul(hidden, this.#score.read()), [-1, frames, this.#heads]);
      const weights = softmax(transpose(scores, [0, 2, 1]));
      return reshape(matMul(weights, x), [-1, this.#heads * channels]);
    });
  }

  /** The scorer at every frame, and the weighted sums. */
  override macs(inputShape: Shape): number {
    const shape = singleShape(this, inputShape, [3]);
    const [frames, channels] = [knownSize(this, shape, 1), knownSize(this, shape, 2)];
    return frames * (channels * this.#units + this.#units * this.#heads + this.#heads * channels);
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), heads: this.#heads, units: this.#units, seed: this.#seed };
  }
}
serialization.registerClass(AttentivePool);
