import { createRng } from '@asc/core';
import { serialization, tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { initializers, Shape } from '@tensorflow/tfjs-layers';

/**
 * A seed that draws nothing: weights of zeros, which take no memory until they are written. For counting a network that is
 * too large to hold.
 */
export const BLANK_SEED = -1;

/** The law initial weights are drawn from. */
export type WeightLaw =
  /** U(−bound, bound) */
  | { readonly kind: 'uniform'; readonly bound: number }
  /** N(0, std²) */
  | { readonly kind: 'normal'; readonly std: number };

/** PyTorch's default for kernel and bias of convolutions and dense layers: Kaiming-uniform with a = √5, i.e. U(±1/√fanIn). */
export function torchDefaultLaw(fanIn: number): WeightLaw {
  return { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}

/** Kaiming-normal over the fan-out with ReLU gain: N(0, 2/fanOut). */
export function kaimingNormalLaw(fanOut: number): WeightLaw {
  return { kind: 'normal', std: Math.sqrt(2 / fanOut) };
}

/**
 * An initialiser whose numbers depend on the seed and on the names of layer and weight alone, never on what was built
 * before. A layer stores the seed in its own configuration, so nothing here is serialised.
 */
export function seededInitializer(
  seed: number,
  layerName: string,
  weightName: string,
  law: WeightLaw,
): ReturnType<typeof initializers.zeros> {
  return new SeededInitializer(seed, layerName, weightName, law);
}

class SeededInitializer extends serialization.Serializable {
  static className = 'AscSeededInitializer';
  readonly #draw: (size: number) => Float32Array;

  constructor(seed: number, layerName: string, weightName: string, law: WeightLaw) {
    super();
    this.#draw = (size) => {
      if (seed === BLANK_SEED) return new Float32Array(size);
      const rng = createRng(seed).split('weights', layerName, weightName);
      const values = new Float32Array(size);
      if (law.kind === 'normal') return rng.fillNormal(values).map((value) => value * law.std);
      return rng.fillUniform(values).map((value) => (2 * value - 1) * law.bound);
    };
  }

  apply(shape: Shape): Tensor {
    const sizes = shape.map((size) => size ?? 0);
    return tensor(this.#draw(sizes.reduce((product, size) => product * size, 1)), sizes, 'float32');
  }

  fromConfigUsesCustomObjects(): boolean {
    return false;
  }

  getConfig(): serialization.ConfigDict {
    return {};
  }
}
