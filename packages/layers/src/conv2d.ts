import { checkOneOf, checkPositiveInteger } from '@asc/core';
import { add, conv2d, serialization, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, flagOf, knownSize, seedOf, singleInput, singleShape, type SeededLayerConfig } from './asc-layer.js';
import { kaimingNormalLaw, seededInitializer, torchDefaultLaw } from './seeded-initializer.js';
import { paddingOf, pairOf, slideWindow, tfjsPad, type Padding } from './window.js';

/** How a kernel starts: PyTorch's default U(±1/√fanIn), or N(0, 2/fanOut). */
export type KernelLaw = 'torch-default' | 'kaiming-normal-fan-out';
/** Every law an initial kernel can be drawn by. */
export const KERNEL_LAWS = ['torch-default', 'kaiming-normal-fan-out'] as const satisfies readonly KernelLaw[];

/** Filters of a {@link Conv2D}; its window, strides and padding, in bands and frames. */
export interface Conv2DConfig extends SeededLayerConfig {
  /** Output channels. */
  filters: number;
  /** [frequency, time] or one number for both. */
  kernelSize: number | readonly number[];
  /** Default 1. */
  strides?: number | readonly number[];
  /** Default `valid`. */
  padding?: Padding;
  /** Default true. */
  useBias?: boolean;
  /** Default `torch-default`; the bias always starts as PyTorch's. */
  kernelLaw?: KernelLaw;
}

/**
 * 2-D convolution (cross-correlation): y[f, t, o] = b[o] + Σ k[i, j, c, o]·x[f·s − top + i, t·s − left + j, c].
 *
 * (B, F, T, C) → (B, F′, T′, filters), with explicit and possibly asymmetric zero padding and PyTorch's initial weights.
 */
export class Conv2D extends AscLayer {
  static className = 'AscConv2D';
  readonly #filters: number;
  readonly #size: [number, number];
  readonly #strides: [number, number];
  readonly #padding: ReturnType<typeof paddingOf>;
  readonly #useBias: boolean;
  readonly #kernelLaw: KernelLaw;
  readonly #seed: number;
  #kernel!: LayerVariable;
  #bias: LayerVariable | undefined;

  constructor(config: Conv2DConfig) {
    const own = ['filters', 'kernelSize', 'strides', 'padding', 'useBias', 'kernelLaw', 'seed'];
    super(config, 'Conv2D', own);
    this.#filters = checkPositiveInteger('filters', config.filters);
    this.#size = pairOf('kernelSize', config.kernelSize);
    this.#strides = pairOf('strides', config.strides ?? 1);
    this.#padding = paddingOf(config.padding ?? 'valid');
    this.#useBias = flagOf('useBias', config.useBias, true);
    this.#kernelLaw = checkOneOf('kernelLaw', config.kernelLaw ?? 'torch-default', KERNEL_LAWS);
    this.#seed = seedOf(config);
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = knownSize(this, singleShape(this, inputShape, [4]), -1);
    const taps = this.#size[0] * this.#size[1];
    const fallback = torchDefaultLaw(taps * channels);
    const law = this.#kernelLaw === 'torch-default' ? fallback : kaimingNormalLaw(taps * this.#filters);
    const kernelShape = [...this.#size, channels, this.#filters];
    const kernelStart = seededInitializer(this.#seed, this.name, 'kernel', law);
    this.#kernel = this.addWeight('kernel', kernelShape, 'float32', kernelStart);
    if (this.#useBias) {
      const biasStart = seededInitializer(this.#seed, this.name, 'bias', fallback);
      this.#bias = this.addWeight('bias', [this.#filters], 'float32', biasStart);
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [batch, bands, frames] = singleShape(this, inputShape, [4]) as [number | null, number | null, number | null];
    const sizes = slideWindow(this.name, [bands, frames], this.#size, this.#strides, this.#padding);
    return [batch, ...sizes, this.#filters];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs) as Tensor4D;
      const y = conv2d(x, this.#kernel.read() as Tensor4D, this.#strides, tfjsPad(this.#padding));
      return this.#bias === undefined ? y : add(y, this.#bias.read());
    });
  }

  override macs(inputShape: Shape): number {
    const channels = knownSize(this, singleShape(this, inputShape, [4]), -1);
    const output = this.computeOutputShape(inputShape);
    const taps = this.#size[0] * this.#size[1] * channels + Number(this.#useBias);
    return knownSize(this, output, 1) * knownSize(this, output, 2) * this.#filters * taps;
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      filters: this.#filters,
      kernelSize: this.#size,
      strides: this.#strides,
      padding: this.#padding,
      useBias: this.#useBias,
      kernelLaw: this.#kernelLaw,
      seed: this.#seed,
    };
  }
}
serialization.registerClass(Conv2D);
