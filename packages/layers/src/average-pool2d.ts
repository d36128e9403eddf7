import { avgPool, pad, serialization, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, singleInput, singleShape, type LayerConfig } from './asc-layer.js';
import { paddingOf, pairOf, slideWindow, type Padding4 } from './window.js';

/** Window, strides and zero padding of an {@link AveragePool2D}, in bands and frames. */
export interface AveragePool2DConfig extends LayerConfig {
  /** [frequency, time] or one number for both. */
  poolSize: number | readonly number[];
  /** Default: the pool size. */
  strides?: number | readonly number[];
  /** Zeros that count in the mean; default none. */
  padding?: Padding4;
}

/**
 * y[f, t, c] = mean of the zero-padded x over the window at (f·s, t·s).
 *
 * (B, F, T, C) → (B, F′, T′, C). `torch.nn.AvgPool2d`, whose default counts the padding (tfjs' own leaves it out).
 */
export class AveragePool2D extends AscLayer {
  static className = 'AscAveragePool2D';
  readonly #size: [number, number];
  readonly #strides: [number, number];
  readonly #padding: [number, number, number, number];

  constructor(config: AveragePool2DConfig) {
    super(config, 'AveragePool2D', ['poolSize', 'strides', 'padding']);
    this.#size = pairOf('poolSize', config.poolSize);
    this.#strides = pairOf('strides', config.strides ?? config.poolSize);
    this.#padding = paddingOf(config.padding ?? [0, 0, 0, 0]) as [number, number, number, number];
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [4]);
    const sides: [number | null, number | null] = [shape[1] ?? null, shape[2] ?? null];
    const sizes = slideWindow(this.name, sides, this.#size, this.#strides, this.#padding);
    return [shape[0] ?? null, ...sizes, knownSize(this, shape, 3)];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs) as Tensor4D;
      const [top, bottom, left, right] = this.#padding;
      const margins: [number, number][] = [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ];
      const padded = this.#padding.some((size) => size > 0) ? pad(x, margins) : x;
      return avgPool(padded, this.#size, this.#strides, 'valid');
    });
  }

  override macs(): number {
    return 0;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), poolSize: this.#size, strides: this.#strides, padding: this.#padding };
  }
}
serialization.registerClass(AveragePool2D);
