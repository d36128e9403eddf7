import { checkPositiveInteger } from '@asc/core';
import { add, matMul, mul, relu, reshape, sigmoid, tidy, type serialization, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, seedOf, singleInput, singleShape, type SeededLayerConfig } from './asc-layer.js';
import { seededInitializer, torchDefaultLaw } from './seeded-initializer.js';

/** How narrow the perceptron C → ⌊C / reduction⌋ → C of a {@link BottleneckGate} is. */
export interface BottleneckGateConfig extends SeededLayerConfig {
  reduction?: number;
}

/**
 * What channel gates share: y = x · σ(Σ m(p)), p the pooled descriptions (B, C) a gate makes of x (B, F, T, C), m one
 * perceptron C → h → C with biases and ReLU, h = max(1, ⌊C/reduction⌋).
 */
export abstract class BottleneckGate extends AscLayer {
  readonly #reduction: number;
  readonly #seed: number;
  #reduce!: { kernel: LayerVariable; bias: LayerVariable };
  #expand!: { kernel: LayerVariable; bias: LayerVariable };

  constructor(config: BottleneckGateConfig, kind: string, reduction: number) {
    super(config, kind, ['reduction', 'seed']);
    this.#reduction = checkPositiveInteger('reduction', config.reduction ?? reduction);
    this.#seed = seedOf(config);
  }

  /** How many pooled descriptions go through the perceptron. */
  protected abstract readonly poolings: number;

  /** The pooled descriptions of x (B, F, T, C), C values a clip each. */
  protected abstract pool(x: Tensor): Tensor[];

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
      const perceptron = (pooled: Tensor): Tensor => {
        const hidden = relu(add(matMul(pooled, this.#reduce.kernel.read()), this.#reduce.bias.read()));
        return add(matMul(hidden, this.#expand.kernel.read()), this.#expand.bias.read());
      };
      const scores = this.pool(x).map((pooled) => perceptron(reshape(pooled, [-1, channels])));
      const gate = sigmoid(scores.reduce((sum, score) => add(sum, score)));
      return mul(x, reshape(gate, [-1, 1, 1, channels]));
    });
  }

  override macs(inputShape: Shape): number {
    const channels = knownSize(this, singleShape(this, inputShape, [4]), -1);
    const hidden = this.#hidden(channels);
    return this.poolings * ((channels + 1) * hidden + (hidden + 1) * channels);
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), reduction: this.#reduction, seed: this.#seed };
  }
}
