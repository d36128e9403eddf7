import { add, mean, reshape, serialization, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, singleInput, singleShape, type LayerConfig } from './asc-layer.js';
import { maxOverAxes } from './max-over-axes.js';

/**
 * Mean over frequency, then maximum plus mean over time: y[c] = max_t m[t, c] + mean_t m[t, c], m[t, c] = mean_f x[f, t, c].
 *
 * (B, F, T, C) → (B, C). Equal maxima share the gradient. Source: Kong et al., "PANNs: Large-scale pretrained audio neural
 * networks for audio pattern recognition" (2020).
 */
export class FrequencyTimePool extends AscLayer {
  static className = 'AscFrequencyTimePool';

  constructor(config: LayerConfig = {}) {
    super(config, 'FrequencyTimePool', []);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [4]);
    return [shape[0] ?? null, shape[3] ?? null];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const perFrame = mean(x, [1], true);
      const pooled = add(maxOverAxes(perFrame, [2]), mean(perFrame, [2], true));
      return reshape(pooled, [-1, x.shape[3]!]);
    });
  }

  override macs(): number {
    return 0;
  }
}
serialization.registerClass(FrequencyTimePool);
