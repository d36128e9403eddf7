import { reshape, serialization, tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, singleInput, singleShape, type LayerConfig } from './asc-layer.js';

/**
 * A map as a sequence of vectors over time: y[t, c·F + f] = x[f, t, c].
 *
 * (B, F, T, C) → (B, T, C·F), in the order of PyTorch's `x.flatten(1, 2)` on (B, C, F, T).
 */
export class FlattenBands extends AscLayer {
  static className = 'AscFlattenBands';

  constructor(config: LayerConfig = {}) {
    super(config, 'FlattenBands', []);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [4]);
    return [shape[0] ?? null, shape[2] ?? null, knownSize(this, shape, 1) * knownSize(this, shape, 3)];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const [, bands, frames, channels] = x.shape as [number, number, number, number];
      return reshape(transpose(x, [0, 2, 3, 1]), [-1, frames, channels * bands]);
    });
  }

  override macs(): number {
    return 0;
  }
}
serialization.registerClass(FlattenBands);
