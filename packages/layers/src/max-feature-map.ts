import { UsageError } from '@asc/core';
import { maximum, serialization, split, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, singleInput, singleShape, type LayerConfig } from './asc-layer.js';

/**
 * Max feature map: y[…, c] = max(x[…, c], x[…, c + C]) for c < C.
 *
 * (B, F, T, 2C) → (B, F, T, C), or (B, 2C) → (B, C). The convolution or dense layer before it makes the 2C channels.
 * Source: Wu, He, Sun, Tan, "A Light CNN for Deep Face Representation with Noisy Labels" (2018), MFM 2/1.
 */
export class MaxFeatureMap extends AscLayer {
  static className = 'AscMaxFeatureMap';

  constructor(config: LayerConfig = {}) {
    super(config, 'MaxFeatureMap', []);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [2, 4]);
    const channels = knownSize(this, shape, -1);
    if (channels % 2 !== 0) {
      throw new UsageError({
        what: `Layer "${this.name}" halves the channels.`,
        expected: 'an even number of channels',
        received: `${channels}`,
      });
    }
    return [...shape.slice(0, -1), channels / 2];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const [first, second] = split(x, 2, x.rank - 1);
      return maximum(first!, second!);
    });
  }

  override macs(): number {
    return 0;
  }
}
serialization.registerClass(MaxFeatureMap);
