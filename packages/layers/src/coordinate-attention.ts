import { checkPositiveInteger } from '@asc/core';
import {
  add,
  concat,
  conv2d,
  mean,
  mul,
  reshape,
  serialization,
  sigmoid,
  split,
  tidy,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, seedOf, singleInput, singleShape, type SeededLayerConfig } from './asc-layer.js';
import { hardSwish } from './hard-swish.js';
import { normalizeBatch, normalizeWith } from './normalize-batch.js';
import { shareOfBatch, updateRunningStatistics } from './running-statistics.js';
import { seededInitializer, torchDefaultLaw } from './seeded-initializer.js';

/** How narrow a {@link CoordinateAttention} is between its 1×1 convolutions. */
export interface CoordinateAttentionConfig extends SeededLayerConfig {
  /** The bottleneck has m = max(8, ⌊C / reduction⌋) channels; default 32. */
  reduction?: number;
}

const LEAST = 8;
const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/** A 1×1 convolution with bias. */
interface Pointwise {
  readonly kernel: LayerVariable;
  readonly bias: LayerVariable;
}

/**
 * Coordinate attention: y[f, t, c] = x[f, t, c] · a[f, c] · b[t, c].
 *
 * The means over T (F rows) and over F (T rows) are joined to F + T rows of C channels, squeezed to
 * m = max(8, ⌊C/reduction⌋) by z = hswish(BN(W·rows + w)), and split again; a = σ(A·z[:F] + α), b = σ(B·z[F:] + β).
 *
 * (B, F, T, C) → same. It has 3·C·m + 2·C + 3·m parameters. Source: Hou, Zhou, Feng, "Coordinate attention for efficient
 * mobile network design" (2021), and its public code.
 */
export class CoordinateAttention extends AscLayer {
  static className = 'AscCoordinateAttention';
  readonly #reduction: number;
  readonly #seed: number;
  #reduce!: Pointwise;
  #frequency!: Pointwise;
  #time!: Pointwise;
  #gamma!: LayerVariable;
  #beta!: LayerVariable;
  #movingMean!: LayerVariable;
  #movingVariance!: LayerVariable;

  constructor(config: CoordinateAttentionConfig = {}) {
    super(config, 'CoordinateAttention', ['reduction', 'seed']);
    this.#reduction = checkPositiveInteger('reduction', config.reduction ?? 32);
    this.#seed = seedOf(config);
  }

  #bottleneck(channels: number): number {
    return Math.max(LEAST, Math.floor(channels / this.#reduction));
  }

  #addPointwise(prefix: string, size: number, filters: number): Pointwise {
    const weight = (name: string, shape: number[]): LayerVariable => {
      const start = seededInitializer(this.#seed, this.name, `${prefix}_${name}`, torchDefaultLaw(size));
      return this.addWeight(`${prefix}_${name}`, shape, 'float32', start);
    };
    return { kernel: weight('kernel', [1, 1, size, filters]), bias: weight('bias', [filters]) };
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = knownSize(this, singleShape(this, inputShape, [4]), -1);
    const m = this.#bottleneck(channels);
    const one = initializers.ones();
    const zero = initializers.zeros();
    this.#reduce = this.#addPointwise('reduce', channels, m);
    this.#gamma = this.addWeight('gamma', [m], 'float32', one);
    this.#beta = this.addWeight('beta', [m], 'float32', zero);
    this.#frequency = this.#addPointwise('frequency', m, channels);
    this.#time = this.#addPointwise('time', m, channels);
    this.#movingMean = this.addWeight('moving_mean', [m], 'float32', zero, undefined, false);
    this.#movingVariance = this.addWeight('moving_variance', [m], 'float32', one, undefined, false);
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return singleShape(this, inputShape, [4]);
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown> = {}): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs) as Tensor4D;
      const [, bands, frames, channels] = x.shape;
      const perBand = mean(x, [2], true);
      const perFrame = reshape(mean(x, [1], true), [-1, frames, 1, channels]);
      const rows = pointwise(concat([perBand, perFrame], 1), this.#reduce);
      const learn = kwargs['training'] === true && this.trainable && this.#gamma.trainable;
      const squeezed = hardSwish(this.#normalize(rows, learn, shareOfBatch(kwargs, MOMENTUM)));
      const [alongF, alongT] = split(squeezed, [bands, frames], 1);
      const ofBands = sigmoid(pointwise(alongF!, this.#frequency));
      const ofFrames = sigmoid(pointwise(reshape(alongT!, [-1, 1, frames, squeezed.shape[3]!]), this.#time));
      return mul(mul(x, ofFrames), ofBands);
    });
  }

  #normalize(x: Tensor, learn: boolean, share: number | Tensor): Tensor {
    const [gamma, beta] = [this.#gamma.read(), this.#beta.read()];
    if (!learn) {
      const running = { mean: this.#movingMean.read(), variance: this.#movingVariance.read() };
      return normalizeWith(x, running, gamma, beta, EPSILON);
    }
    return normalizeBatch(x, gamma, beta, EPSILON, (batch) =>
      updateRunningStatistics(this.name, this.#movingMean, this.#movingVariance, batch, share),
    );
  }

  override macs(inputShape: Shape): number {
    const shape = singleShape(this, inputShape, [4]);
    const channels = knownSize(this, shape, 3);
    const m = this.#bottleneck(channels);
    const rows = knownSize(this, shape, 1) + knownSize(this, shape, 2);
    return rows * ((channels + 1) * m + (m + 1) * channels) + 2 * m;
  }

  override countStatistics(): number {
    return this.built ? 2 * (this.#movingMean.shape[0] ?? 0) : 0;
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), reduction: this.#reduction, seed: this.#seed };
  }
}
serialization.registerClass(CoordinateAttention);

function pointwise(x: Tensor, { kernel, bias }: Pointwise): Tensor {
  return add(conv2d(x as Tensor4D, kernel.read() as Tensor4D, 1, 'valid'), bias.read());
}
