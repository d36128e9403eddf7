import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { cbam, type CbamConfig } from './cbam.js';

/**
 * Attentive max feature map: y = max(x, CBAM(x)) element-wise. (B, F, T, C) → same.
 *
 * A function of layers; weights are those of {@link cbam}, whose configuration it takes.
 * Source: Shim, Jung, Kim, Yu, "Attentive max feature map and joint training for acoustic scene classification" (2022).
 */
export function attentiveMaxFeatureMap(x: SymbolicTensor, config: CbamConfig): SymbolicTensor {
  return layers.maximum({ name: `${config.name}_maximum` }).apply([x, cbam(x, config)]) as SymbolicTensor;
}
