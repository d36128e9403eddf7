import { checkPositiveInteger } from '@asc/core';
import {
  add,
  matMul,
  mean,
  mul,
  relu,
  reshape,
  serialization,
  sigmoid,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, seedOf, singleInput, singleShape, type SeededLayerConfig } from './asc-layer.js';
import { seededInitializer, torchDefaultLaw } from './seeded-initializer.js';

export interface SqueezeExcitationConfig extends SeededLayerConfig {
  /** Hidden units are max(1, ⌊C / reduction⌋); default 8. */
  reduction?: number;
}

/**
 * Squeeze and excitation: y = x · σ(W₂·relu(W₁·avg(x) + b₁) + b₂), avg over F and T, W₁: C → h, W₂: h → C,
 * h = max(1, ⌊C/reduction⌋).
 *
 * (B, F, T, C) → same. It has 2·C·h + h + C parameters. Source: Hu, Shen, Sun, "Squeeze-and-excitation networks" (2018);
 * reduction 8 as in clovaai/voxceleb_trainer.
 */
export class SqueezeExcitation extends AscLayer {
  static className = 'AscSqueezeExcitation';
  readonly #reduction: number;
  readonly #seed: number;
  #reduce!: { kernel: LayerVariable; bias: LayerVariable };
  #expand!: { kernel: LayerVariable; bias: LayerVariable };

  constructor(config: SqueezeExcitationConfig = {}) {
    super(config, 'SqueezeExcitation', ['reduction', 'seed']);
    this.#reduction = checkPositiveInteger('reduction', config.reduction ?? 8);
    this.#seed = seedOf(config);
  }

  #hidden(channels: number): number {
    return Math.max(1, Math.floor(channels / this.#reduction));
  }

  #addDense(prefix: string, size: number, units: number): { kernel: LayerVariable; bias: LayerVariable } {
    const weight = (name: string, shape: number[]): LayerVariable => {
      const start = seededInitializer(this.#seed, this.name, `${prefix}_${name}`, torchDefaultLaw(size));
      return this.addWeight(`${prefix}_${name}`, shape, 'float32', start);
    };
    return { kernel: weight('kernel', [size, units]), bias: weight('bias', [units]) };
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = knownSize(this, singleShape(this, inputShape, [4]), -1);
    const hidden = this.#hidden(channels);
    this.#reduce = this.#addDense('reduce', channels, hidden);
    this.#expand = this.#addDense('expand', hidden, channels);
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return singleShape(this, inputShape, [4]);
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const channels = x.shape[3]!;
      const squeezed = reshape(mean(x, [1, 2], true), [-1, channels]);
      const hidden = relu(add(matMul(squeezed, this.#reduce.kernel.read()), this.#reduce.bias.read()));
      const gate = sigmoid(add(matMul(hidden, this.#expand.kernel.read()), this.#expand.bias.read()));
      return mul(x, reshape(gate, [-1, 1, 1, channels]));
    });
  }

  override macs(inputShape: Shape): number {
    const channels = knownSize(this, singleShape(this, inputShape, [4]), -1);
    const hidden = this.#hidden(channels);
    return (channels + 1) * hidden + (hidden + 1) * channels;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), reduction: this.#reduction, seed: this.#seed };
  }
}
serialization.registerClass(SqueezeExcitation);
