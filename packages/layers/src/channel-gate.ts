import { mean, serialization, type Tensor } from '@tensorflow/tfjs-core';
import type { SeededLayerConfig } from './asc-layer.js';
import { BottleneckGate } from './bottleneck-gate.js';
import { maxOverAxes } from './max-over-axes.js';

/** How narrow the perceptron of a {@link ChannelGate} is. */
export interface ChannelGateConfig extends SeededLayerConfig {
  /** Hidden units are max(1, ⌊C / reduction⌋); default 16. */
  reduction?: number;
}

/**
 * CBAM's channel attention: y = x · σ(m(avg(x)) + m(max(x))), avg and max over F and T, m the shared perceptron
 * C → h → C with biases and ReLU, h = max(1, ⌊C/reduction⌋).
 *
 * (B, F, T, C) → same. Source: Woo et al., "CBAM: Convolutional Block Attention Module" (2018).
 */
export class ChannelGate extends BottleneckGate {
  static className = 'AscChannelGate';
  protected readonly poolings = 2;

  constructor(config: ChannelGateConfig = {}) {
    super(config, 'ChannelGate', 16);
  }

  protected pool(x: Tensor): Tensor[] {
    return [mean(x, [1, 2], true), maxOverAxes(x, [1, 2])];
  }
}
serialization.registerClass(ChannelGate);
