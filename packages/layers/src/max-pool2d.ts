import { maxPool, serialization, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, flagOf, knownSize, singleInput, singleShape, type LayerConfig } from './asc-layer.js';
import { pairOf, slideWindow, tfjsPad } from './window.js';

/** Window and strides of a {@link MaxPool2D}, in bands and frames, and how it rounds. */
export interface MaxPool2DConfig extends LayerConfig {
  /** [frequency, time] or one number for both. */
  poolSize: number | readonly number[];
  /** Default: the pool size. */
  strides?: number | readonly number[];
  /** Keep the last, partly filled window; default false. */
  ceilMode?: boolean;
}

/**
 * y[f, t, c] = max of x over the window at (f·s, t·s); what lies outside the input does not count.
 *
 * (B, F, T, C) → (B, F′, T′, C). `torch.nn.MaxPool2d(size, strides, ceil_mode)`: windows start inside the input, so a
 * partly filled one sits at the high end, and an odd size halves to (size + 1)/2 in ceil mode.
 */
export class MaxPool2D extends AscLayer {
  static className = 'AscMaxPool2D';
  readonly #size: [number, number];
  readonly #strides: [number, number];
  readonly #ceilMode: boolean;

  constructor(config: MaxPool2DConfig) {
    super(config, 'MaxPool2D', ['poolSize', 'strides', 'ceilMode']);
    this.#size = pairOf('poolSize', config.poolSize);
    this.#strides = pairOf('strides', config.strides ?? config.poolSize);
    this.#ceilMode = flagOf('ceilMode', config.ceilMode, false);
  }

  /** How far the last window of a ceil-mode pool reaches past the end. */
  #overhang(length: number, axis: 0 | 1): number {
    if (!this.#ceilMode) return 0;
    const [size, stride] = [this.#size[axis], this.#strides[axis]];
    const windows = Math.max(1, Math.ceil((length - size) / stride) + 1);
    // A window that would start past the end is dropped (possible where stride > size).
    const last = (windows - 1) * stride >= length ? windows - 2 : windows - 1;
    return Math.max(0, last * stride + size - length);
  }

  #padding(shape: readonly (number | null)[]): 'valid' | number[] {
    const bottom = this.#overhang(shape[1] ?? 0, 0);
    const right = this.#overhang(shape[2] ?? 0, 1);
    return bottom + right === 0 ? 'valid' : [0, bottom, 0, right];
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [4]);
    const sides: [number | null, number | null] = [shape[1] ?? null, shape[2] ?? null];
    const sizes = slideWindow(this.name, sides, this.#size, this.#strides, this.#padding(shape));
    return [shape[0] ?? null, ...sizes, knownSize(this, shape, 3)];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs) as Tensor4D;
      return maxPool(x, this.#size, this.#strides, tfjsPad(this.#padding(x.shape)));
    });
  }

  override macs(): number {
    return 0;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), poolSize: this.#size, strides: this.#strides, ceilMode: this.#ceilMode };
  }
}
serialization.registerClass(MaxPool2D);
