import { mean, serialization, type Tensor } from '@tensorflow/tfjs-core';
import type { SeededLayerConfig } from './asc-layer.js';
import { BottleneckGate } from './bottleneck-gate.js';

/** How narrow the perceptron of a {@link SqueezeExcitation} is. */
export interface SqueezeExcitationConfig extends SeededLayerConfig {
  /** Hidden units are max(1, ⌊C / reduction⌋); default 8. */
  reduction?: number;
}

/**
 * Squeeze and excitation: y = x · σ(W₂·relu(W₁·avg(x) + b₁) + b₂), avg over F and T, W₁: C → h, W₂: h → C,
 * h = max(1, ⌊C/reduction⌋).
 *
 * (B, F, T, C) → same. It has 2·C·h + h + C parameters. Source: Hu, Shen, Sun, "Squeeze-and-excitation networks" (2018);
 * reduction 8 as in clovaai/voxceleb_trainer.
 */
export class SqueezeExcitation extends BottleneckGate {
  static className = 'AscSqueezeExcitation';
  protected readonly poolings = 1;

  constructor(config: SqueezeExcitationConfig = {}) {
    super(config, 'SqueezeExcitation', 8);
  }

  protected pool(x: Tensor): Tensor[] {
    return [mean(x, [1, 2], true)];
  }
}
serialization.registerClass(SqueezeExcitation);
