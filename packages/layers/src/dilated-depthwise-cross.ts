import {
  add,
  customGrad,
  depthwiseConv2d,
  mul,
  pad,
  reshape,
  reverse,
  serialization,
  slice,
  stack,
  sum,
  tidy,
  type GradSaveFunc,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, seedOf, singleInput, singleShape, type SeededLayerConfig } from './asc-layer.js';
import { seededInitializer, torchDefaultLaw } from './seeded-initializer.js';

const TAPS = 3;
const DILATION = 2;

/**
 * Sum of two dilated depthwise convolutions, 3 taps along each axis, zero padded to the input's size:
 * y[f, t, c] = Σᵢ k[i, c]·x[f + 2(i − 1), t, c] + Σᵢ l[i, c]·x[f, t + 2(i − 1), c], i = 0…2.
 *
 * (B, F, T, C) → same; 6·C parameters, no bias. Initial weights are PyTorch's, U(±1/√3).
 * Source: Puy, Jain, Bursuc, "Separable convolutions and test-time augmentations for low-complexity and calibrated
 * acoustic scene classification" (DCASE 2021).
 */
export class DilatedDepthwiseCross extends AscLayer {
  static className = 'AscDilatedDepthwiseCross';
  readonly #seed: number;
  #frequency!: LayerVariable;
  #time!: LayerVariable;

  constructor(config: SeededLayerConfig = {}) {
    super(config, 'DilatedDepthwiseCross', ['seed']);
    this.#seed = seedOf(config);
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = knownSize(this, singleShape(this, inputShape, [4]), -1);
    const kernel = (name: string, shape: number[]): LayerVariable =>
      this.addWeight(name, shape, 'float32', seededInitializer(this.#seed, this.name, name, torchDefaultLaw(TAPS)));
    this.#frequency = kernel('frequency_kernel', [TAPS, 1, channels, 1]);
    this.#time = kernel('time_kernel', [1, TAPS, channels, 1]);
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return singleShape(this, inputShape, [4]);
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs) as Tensor4D;
      return add(
        dilatedDepthwise(x, this.#frequency.read() as Tensor4D, 1),
        dilatedDepthwise(x, this.#time.read() as Tensor4D, 2),
      );
    });
  }

  override macs(inputShape: Shape): number {
    const shape = singleShape(this, inputShape, [4]);
    return 2 * TAPS * knownSize(this, shape, 1) * knownSize(this, shape, 2) * knownSize(this, shape, 3);
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), seed: this.#seed };
  }
}
serialization.registerClass(DilatedDepthwiseCross);

/** x ∗ kernel along `axis`, zero padded to the same size. The gradient of tfjs' own refuses dilation; this is its closed form. */
function dilatedDepthwise(x: Tensor4D, kernel: Tensor4D, axis: 1 | 2): Tensor {
  const op = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [input, filter, save] = args as [Tensor4D, Tensor4D, GradSaveFunc];
    save([input, filter]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] =>
      tidy(() => {
        const [x, k] = saved as [Tensor4D, Tensor4D];
        return [convolve(dy as Tensor4D, reverse(k, axis - 1), axis), kernelGradient(x, dy, k.shape, axis)];
      });
    return { value: convolve(input, filter, axis), gradFunc };
  });
  return op(x, kernel);
}

function convolve(x: Tensor4D, kernel: Tensor4D, axis: 1 | 2): Tensor {
  return depthwiseConv2d(x, kernel, 1, 'same', 'NHWC', axis === 1 ? [DILATION, 1] : [1, DILATION]);
}

/** Tap i: Σ over B, F, T of dy · (zero-padded x shifted by 2(i − 1) along `axis`). */
function kernelGradient(x: Tensor4D, dy: Tensor, shape: number[], axis: 1 | 2): Tensor {
  const margins = [0, 1, 2, 3].map((each): [number, number] => (each === axis ? [DILATION, DILATION] : [0, 0]));
  const padded = pad(x, margins);
  const taps = Array.from({ length: TAPS }, (_, i) => {
    const begin = [0, 0, 0, 0].map((_, each) => (each === axis ? i * DILATION : 0));
    return sum(mul(slice(padded, begin, x.shape), dy), [0, 1, 2]);
  });
  return reshape(stack(taps), shape);
}
