import { checkOneOf } from '@asc/core';
import { mean, serialization, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, singleInput, singleShape, type LayerConfig } from './asc-layer.js';

/** An axis of a feature map. */
export type MapAxis = 'frequency' | 'time';

/** Which axis of a map (B, F, T, C) an {@link AverageOverAxis} averages. */
export interface AverageOverAxisConfig extends LayerConfig {
  axis: MapAxis;
}

/**
 * Mean over one axis, which stays with size 1 so that adding the result to a map broadcasts it back:
 * (B, F, T, C) → (B, 1, T, C) over frequency, (B, F, 1, C) over time.
 */
export class AverageOverAxis extends AscLayer {
  static className = 'AscAverageOverAxis';
  readonly #axis: MapAxis;

  constructor(config: AverageOverAxisConfig) {
    super(config, 'AverageOverAxis', ['axis']);
    this.#axis = checkOneOf('axis', config.axis, ['frequency', 'time']);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [4]);
    return shape.map((size, axis) => (axis === this.#index() ? 1 : size));
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => mean(singleInput(this, inputs), this.#index(), true));
  }

  #index(): 1 | 2 {
    return this.#axis === 'frequency' ? 1 : 2;
  }

  override macs(): number {
    return 0;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), axis: this.#axis };
  }
}
serialization.registerClass(AverageOverAxis);
