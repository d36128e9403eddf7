import { add, serialization, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, singleInput, singleShape, type LayerConfig } from './asc-layer.js';

/**
 * Adds where in the sequence a vector stands: y[t, 2i] = x[t, 2i] + sin(t·10000^(−2i/C)), and the cosine at 2i + 1.
 *
 * (B, T, C) → same. Source: Vaswani et al., "Attention is all you need" (2017), section 3.5.
 */
export class SinusoidalPositions extends AscLayer {
  static className = 'AscSinusoidalPositions';

  constructor(config: LayerConfig = {}) {
    super(config, 'SinusoidalPositions', []);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [3]);
    knownSize(this, shape, 2);
    return shape;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const [, frames, channels] = x.shape as [number, number, number];
      const positions = Float32Array.from({ length: frames * channels }, (_, i) => {
        const channel = i % channels;
        const angle = Math.floor(i / channels) * 10_000 ** (-(channel - (channel % 2)) / channels);
        return channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
      });
      return add(x, tensor(positions, [1, frames, channels]));
    });
  }

  override macs(): number {
    return 0;
  }
}
serialization.registerClass(SinusoidalPositions);
