import { checkPositiveInteger, UsageError } from '@asc/core';
import { reshape, serialization, tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, singleInput, singleShape, type LayerConfig } from './asc-layer.js';

/** How many groups of channels a {@link ChannelShuffle} interleaves. */
export interface ChannelShuffleConfig extends LayerConfig {
  /** Groups the channels are dealt from; divides their number. */
  groups: number;
}

/**
 * Deals the channels of `groups` equal groups in turn: output channel i·groups + g is input channel g·(C/groups) + i.
 *
 * (B, F, T, C) → same. With 2 groups, the halves of the channels interleave. Source: Zhang et al. 2018 (ShuffleNet).
 */
export class ChannelShuffle extends AscLayer {
  static className = 'AscChannelShuffle';
  readonly #groups: number;

  constructor(config: ChannelShuffleConfig) {
    super(config, 'ChannelShuffle', ['groups']);
    this.#groups = checkPositiveInteger('groups', config.groups);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [4]);
    const channels = knownSize(this, shape, -1);
    if (channels % this.#groups === 0) return shape;
    throw new UsageError({
      what: `Layer "${this.name}" cannot deal its channels from equal groups.`,
      expected: `a multiple of ${this.#groups} channels`,
      received: `${channels}`,
    });
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      const [batch, bands, frames, channels] = x.shape as [number, number, number, number];
      const grouped = reshape(x, [batch, bands * frames, this.#groups, channels / this.#groups]);
      return reshape(transpose(grouped, [0, 1, 3, 2]), [batch, bands, frames, channels]);
    });
  }

  override macs(): number {
    return 0;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), groups: this.#groups };
  }
}
serialization.registerClass(ChannelShuffle);
