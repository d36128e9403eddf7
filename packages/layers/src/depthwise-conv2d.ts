import { checkOneOf, checkPositiveInteger } from '@asc/core';
import { add, depthwiseConv2d, serialization, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, flagOf, knownSize, seedOf, singleInput, singleShape, type SeededLayerConfig } from './asc-layer.js';
import { KERNEL_LAWS, type KernelLaw } from './conv2d.js';
import { kaimingNormalLaw, seededInitializer, torchDefaultLaw } from './seeded-initializer.js';
import { paddingOf, pairOf, slideWindow, tfjsPad, type Padding } from './window.js';

/** Window, strides and padding of a {@link DepthwiseConv2D}, in bands and frames, and its filters a channel. */
export interface DepthwiseConv2DConfig extends SeededLayerConfig {
  /** [frequency, time] or one number for both. */
  kernelSize: number | readonly number[];
  /** Default 1; equal on both axes or not. */
  strides?: number | readonly number[];
  /** Default `valid`. */
  padding?: Padding;
  /** Filters per channel (M); default 1. */
  depthMultiplier?: number;
  /** Default true. */
  useBias?: boolean;
  /** Default `torch-default`. */
  kernelLaw?: KernelLaw;
}

/**
 * M filters per channel: y[f, t, c·M + m] = b[c·M + m] + Σ k[i, j, c, m]·x[f·s − top + i, t·s − left + j, c].
 *
 * (B, F, T, C) → (B, F′, T′, C·M). `torch.nn.Conv2d(C, C·M, …, groups=C)`. Fans are what PyTorch reads off its weight
 * (C·M, 1, kh, kw): fan-in kh·kw, fan-out C·M·kh·kw.
 */
export class DepthwiseConv2D extends AscLayer {
  static className = 'AscDepthwiseConv2D';
  readonly #size: [number, number];
  readonly #strides: [number, number];
  readonly #padding: ReturnType<typeof paddingOf>;
  readonly #multiplier: number;
  readonly #useBias: boolean;
  readonly #kernelLaw: KernelLaw;
  readonly #seed: number;
  #kernel!: LayerVariable;
  #bias: LayerVariable | undefined;

  constructor(config: DepthwiseConv2DConfig) {
    const own = ['kernelSize', 'strides', 'padding', 'depthMultiplier', 'useBias', 'kernelLaw', 'seed'];
    super(config, 'DepthwiseConv2D', own);
    this.#size = pairOf('kernelSize', config.kernelSize);
    this.#strides = pairOf('strides', config.strides ?? 1);
    this.#padding = paddingOf(config.padding ?? 'valid');
    this.#multiplier = checkPositiveInteger('depthMultiplier', config.depthMultiplier ?? 1);
    this.#useBias = flagOf('useBias', config.useBias, true);
    this.#kernelLaw = checkOneOf('kernelLaw', config.kernelLaw ?? 'torch-default', KERNEL_LAWS);
    this.#seed = seedOf(config);
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = knownSize(this, singleShape(this, inputShape, [4]), -1);
    const taps = this.#size[0] * this.#size[1];
    const fallback = torchDefaultLaw(taps);
    const law = this.#kernelLaw === 'torch-default' ? fallback : kaimingNormalLaw(taps * channels * this.#multiplier);
    const kernelStart = seededInitializer(this.#seed, this.name, 'kernel', law);
    this.#kernel = this.addWeight('kernel', [...this.#size, channels, this.#multiplier], 'float32', kernelStart);
    if (this.#useBias) {
      const biasStart = seededInitializer(this.#seed, this.name, 'bias', fallback);
      this.#bias = this.addWeight('bias', [channels * this.#multiplier], 'float32', biasStart);
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [4]) as [number | null, number | null, number | null, number | null];
    const sizes = slideWindow(this.name, [shape[1], shape[2]], this.#size, this.#strides, this.#padding);
    return [shape[0], ...sizes, shape[3] === null ? null : shape[3] * this.#multiplier];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs) as Tensor4D;
      const y = depthwiseConv2d(x, this.#kernel.read() as Tensor4D, this.#strides, tfjsPad(this.#padding));
      return this.#bias === undefined ? y : add(y, this.#bias.read());
    });
  }

  override macs(inputShape: Shape): number {
    const output = this.computeOutputShape(inputShape);
    const taps = this.#size[0] * this.#size[1] + Number(this.#useBias);
    return knownSize(this, output, 1) * knownSize(this, output, 2) * knownSize(this, output, 3) * taps;
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      kernelSize: this.#size,
      strides: this.#strides,
      padding: this.#padding,
      depthMultiplier: this.#multiplier,
      useBias: this.#useBias,
      kernelLaw: this.#kernelLaw,
      seed: this.#seed,
    };
  }
}
serialization.registerClass(DepthwiseConv2D);
