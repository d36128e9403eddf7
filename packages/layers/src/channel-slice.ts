import { checkNonNegativeInteger, checkPositiveInteger, UsageError } from '@asc/core';
import { serialization, slice, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, singleInput, singleShape, type LayerConfig } from './asc-layer.js';

/** Which channels of (B, F, T, C) a {@link ChannelSlice} keeps. */
export interface ChannelSliceConfig extends LayerConfig {
  /** First channel taken. */
  start: number;
  /** Channels taken. */
  size: number;
}

/** The channels [start, start + size): (B, F, T, C) → (B, F, T, size). */
export class ChannelSlice extends AscLayer {
  static className = 'AscChannelSlice';
  readonly #start: number;
  readonly #size: number;

  constructor(config: ChannelSliceConfig) {
    super(config, 'ChannelSlice', ['start', 'size']);
    this.#start = checkNonNegativeInteger('start', config.start);
    this.#size = checkPositiveInteger('size', config.size);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [4]);
    const channels = knownSize(this, shape, -1);
    if (this.#start + this.#size <= channels) return [...shape.slice(0, 3), this.#size];
    throw new UsageError({
      what: `Layer "${this.name}" takes channels its input does not have.`,
      expected: `at least ${this.#start + this.#size} channels`,
      received: `${channels}`,
    });
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => slice(singleInput(this, inputs), [0, 0, 0, this.#start], [-1, -1, -1, this.#size]));
  }

  override macs(): number {
    return 0;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), start: this.#start, size: this.#size };
  }
}
serialization.registerClass(ChannelSlice);
