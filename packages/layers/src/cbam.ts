import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { ChannelGate } from './channel-gate.js';
import { SpatialGate } from './spatial-gate.js';

/** What the two gates of {@link cbam} have. */
export interface CbamConfig {
  /** Prefix of the layers' names. */
  name: string;
  /** See {@link ChannelGate}; default 16. */
  reduction?: number;
  /** Default 0. */
  seed?: number;
}

/**
 * Convolutional block attention: the channel gate, then the spatial gate. (B, F, T, C) → same.
 *
 * A function of layers, not a layer, so that every weight keeps a plain name: `NAME_channel_gate/…`, `NAME_spatial_gate/…`.
 * It has 2·C·h + h + C + 98 + 2 parameters, h = max(1, ⌊C/reduction⌋). Source: Woo et al. (2018).
 */
export function cbam(x: SymbolicTensor, { name, reduction = 16, seed = 0 }: CbamConfig): SymbolicTensor {
  const gated = new ChannelGate({ name: `${name}_channel_gate`, reduction, seed }).apply(x);
  return new SpatialGate({ name: `${name}_spatial_gate`, seed }).apply(gated);
}
