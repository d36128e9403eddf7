import { checkPositiveInteger } from '@asc/core';
import { add, matMul, serialization, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, flagOf, knownSize, seedOf, singleInput, singleShape, type SeededLayerConfig } from './asc-layer.js';
import { seededInitializer, torchDefaultLaw } from './seeded-initializer.js';

/** Units of a {@link Dense}, (B, C) → (B, units), and whether it has a bias. */
export interface DenseConfig extends SeededLayerConfig {
  /** Output size. */
  units: number;
  /** Default true. */
  useBias?: boolean;
}

/** y = x·K + b: (B, C) → (B, units), with PyTorch's initial weights U(±1/√C). */
export class Dense extends AscLayer {
  static className = 'AscDense';
  readonly #units: number;
  readonly #useBias: boolean;
  readonly #seed: number;
  #kernel!: LayerVariable;
  #bias: LayerVariable | undefined;

  constructor(config: DenseConfig) {
    super(config, 'Dense', ['units', 'useBias', 'seed']);
    this.#units = checkPositiveInteger('units', config.units);
    this.#useBias = flagOf('useBias', config.useBias, true);
    this.#seed = seedOf(config);
  }

  override build(inputShape: Shape | Shape[]): void {
    const size = knownSize(this, singleShape(this, inputShape, [2]), -1);
    const law = torchDefaultLaw(size);
    const kernelStart = seededInitializer(this.#seed, this.name, 'kernel', law);
    this.#kernel = this.addWeight('kernel', [size, this.#units], 'float32', kernelStart);
    if (this.#useBias) {
      const biasStart = seededInitializer(this.#seed, this.name, 'bias', law);
      this.#bias = this.addWeight('bias', [this.#units], 'float32', biasStart);
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return [singleShape(this, inputShape, [2])[0] ?? null, this.#units];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const y = matMul(singleInput(this, inputs), this.#kernel.read());
      return this.#bias === undefined ? y : add(y, this.#bias.read());
    });
  }

  override macs(inputShape: Shape): number {
    return (knownSize(this, singleShape(this, inputShape, [2]), -1) + Number(this.#useBias)) * this.#units;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), units: this.#units, useBias: this.#useBias, seed: this.#seed };
  }
}
serialization.registerClass(Dense);
