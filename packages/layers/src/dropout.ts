import { checkFinite, UsageError, type RandomSource } from '@asc/core';
import { cast, clone, greaterEqual, mul, serialization, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, singleInput, singleShape, type LayerConfig } from './asc-layer.js';

/** How much a {@link Dropout} drops. */
export interface DropoutConfig extends LayerConfig {
  /** Probability of zeroing a value, in [0, 1). */
  rate: number;
}

/**
 * Inverted dropout: y = x·m/(1 − rate) with m = [u ≥ rate], u ~ U[0, 1) per value, in training; y = x otherwise.
 *
 * (B, …) → same. The numbers come from the call argument `random` (a RandomSource), under the layer's name.
 * Source: Srivastava et al. (2014).
 */
export class Dropout extends AscLayer {
  static className = 'AscDropout';
  readonly #rate: number;

  constructor(config: DropoutConfig) {
    super(config, 'Dropout', ['rate']);
    this.#rate = checkFinite('rate', config.rate, { min: 0, max: 1 - 1e-6 });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return singleShape(this, inputShape, [2, 3, 4]);
  }

  /** @throws UsageError in training without `random`. */
  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown> = {}): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      if (kwargs['training'] !== true || this.#rate === 0) return clone(x);
      const uniform = randomOf(this.name, kwargs).uniform(x.shape, this.name);
      return mul(x, mul(cast(greaterEqual(uniform, this.#rate), 'float32'), 1 / (1 - this.#rate)));
    });
  }

  override macs(): number {
    return 0;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.#rate };
  }
}
serialization.registerClass(Dropout);

/** The random source among a layer's call arguments. @throws UsageError that says what to pass. */
export function randomOf(layerName: string, kwargs: Readonly<Record<string, unknown>>): RandomSource<Tensor> {
  const random = kwargs['random'] as RandomSource<Tensor> | undefined;
  if (random !== undefined && typeof random.uniform === 'function') return random;
  throw new UsageError({
    what: `Layer "${layerName}" draws random numbers in training and was given no source.`,
    expected: 'the call argument `random` (a RandomSource)',
    received: random === undefined ? 'none' : typeof random,
    hint: 'Call model.apply(x, { training: true, random }).',
  });
}
