import { mean, serialization, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, singleInput, singleShape, type LayerConfig } from './asc-layer.js';

/** y[c] = mean of x over F and T: (B, F, T, C) → (B, C). */
export class GlobalAveragePool extends AscLayer {
  static className = 'AscGlobalAveragePool';

  constructor(config: LayerConfig = {}) {
    super(config, 'GlobalAveragePool', []);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [4]);
    return [shape[0] ?? null, shape[3] ?? null];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => mean(singleInput(this, inputs), [1, 2]));
  }

  override macs(): number {
    return 0;
  }
}
serialization.registerClass(GlobalAveragePool);
