import { add, clipByValue, mul, serialization, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, singleInput, singleShape, type LayerConfig } from './asc-layer.js';

/** x·min(max(x + 3, 0), 6)/6, element-wise. */
export function hardSwish(x: Tensor): Tensor {
  return mul(x, mul(clipByValue(add(x, 3), 0, 6), 1 / 6));
}

/**
 * Hard swish: y = x·relu6(x + 3)/6. (B, F, T, C) or (B, C), same out.
 *
 * Source: Howard et al., "Searching for MobileNetV3" (2019).
 */
export class HardSwish extends AscLayer {
  static className = 'AscHardSwish';

  constructor(config: LayerConfig = {}) {
    super(config, 'HardSwish', []);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return singleShape(this, inputShape, [2, 4]);
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => hardSwish(singleInput(this, inputs)));
  }

  override macs(): number {
    return 0;
  }
}
serialization.registerClass(HardSwish);
