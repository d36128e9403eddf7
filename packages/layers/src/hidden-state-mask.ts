import { checkNonNegativeInteger, checkOneOf, UsageError } from '@asc/core';
import {
  add,
  cast,
  clone,
  floor,
  greaterEqual,
  less,
  logicalAnd,
  mul,
  range,
  reshape,
  serialization,
  sub,
  tidy,
  unstack,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, singleInput, singleShape, type LayerConfig } from './asc-layer.js';
import { randomOf } from './dropout.js';
import { permuteBatch } from './permute-batch.js';

/** `zero`: zeros (ZM). `mix`: the mean of the example and a partner (MM). `cut`: the partner (CM). */
export type MaskScheme = 'zero' | 'mix' | 'cut';
const SCHEMES = ['zero', 'mix', 'cut'] as const satisfies readonly MaskScheme[];

/** Stripes of a {@link HiddenStateMask}, in bands and frames, and what fills them. */
export interface HiddenStateMaskConfig extends LayerConfig {
  /** What a masked stripe holds. */
  scheme: MaskScheme;
  /** Stripes on each axis; default 1. */
  stripes?: number;
  /** A stripe spans 0…maxBands − 1 bands; 0 masks no bands. At most F. */
  maxBands: number;
  /** A stripe spans 0…maxFrames − 1 frames; 0 masks no frames. At most T. */
  maxFrames: number;
}

/**
 * SpecAugment++ in training, on the input or on hidden states; the identity otherwise.
 *
 * Time first, then frequency. For each example and stripe, width = ⌊u·max⌋ and start = ⌊v·(size − width)⌋; the stripe
 * becomes 0 (`zero`), (x + p)/2 (`mix`) or p (`cut`), p being the example a random permutation of the batch puts there,
 * as it was before this axis was masked; each axis has its own permutation. Of the source's zero masking, the optional
 * Gaussian noise is left out.
 *
 * (B, F, T, C) → same. The numbers come from the call argument `random` under the layer's name, axis by axis: uniform
 * (2·stripes, B, 1) as width and start of each stripe, then, unless `zero`, uniform (B, 1) whose ranks are the permutation.
 * Source: Wang, Zou, Wang, "SpecAugment++: a hidden space data augmentation method for acoustic scene classification" (2021).
 */
export class HiddenStateMask extends AscLayer {
  static className = 'AscHiddenStateMask';
  readonly #scheme: MaskScheme;
  readonly #stripes: number;
  readonly #maxBands: number;
  readonly #maxFrames: number;

  constructor(config: HiddenStateMaskConfig) {
    super(config, 'HiddenStateMask', ['scheme', 'stripes', 'maxBands', 'maxFrames']);
    this.#scheme = checkOneOf('scheme', config.scheme, SCHEMES);
    this.#stripes = checkNonNegativeInteger('stripes', config.stripes ?? 1);
    this.#maxBands = checkNonNegativeInteger('maxBands', config.maxBands);
    this.#maxFrames = checkNonNegativeInteger('maxFrames', config.maxFrames);
  }

  /** @throws UsageError when a stripe could be wider than the map. */
  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = singleShape(this, inputShape, [4]);
    const [bands, frames] = [knownSize(this, shape, 1), knownSize(this, shape, 2)];
    if (this.#maxBands <= bands && this.#maxFrames <= frames) return shape;
    throw new UsageError({
      what: `The stripes of layer "${this.name}" can be wider than its input.`,
      expected: `maxBands ≤ ${bands} and maxFrames ≤ ${frames}`,
      received: `${this.#maxBands} and ${this.#maxFrames}`,
    });
  }

  /** @throws UsageError in training without `random`. */
  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown> = {}): Tensor {
    return tidy(() => {
      const x = singleInput(this, inputs);
      if (kwargs['training'] !== true || this.#stripes === 0) return clone(x);
      const alongTime = this.#maskAxis(x, 2, this.#maxFrames, kwargs);
      return this.#maskAxis(alongTime, 1, this.#maxBands, kwargs);
    });
  }

  #maskAxis(x: Tensor, axis: 1 | 2, max: number, kwargs: Record<string, unknown>): Tensor {
    // Widths are below max: with 1, all are 0.
    if (max <= 1) return clone(x);
    const random = randomOf(this.name, kwargs);
    const batch = x.shape[0]!;
    const draws = unstack(random.uniform([2 * this.#stripes, batch, 1], this.name));
    const partner = this.#scheme === 'zero' ? undefined : permuteBatch(x, random.uniform([batch, 1], this.name));
    let y = x;
    for (let i = 0; i < this.#stripes; i++) {
      const mask = stripeMask(draws[2 * i]!, draws[2 * i + 1]!, x.shape[axis]!, max);
      const broad = reshape(mask, axis === 1 ? [batch, -1, 1, 1] : [batch, 1, -1, 1]);
      const share = this.#scheme === 'mix' ? mul(broad, 0.5) : broad;
      const kept = mul(y, sub(1, share));
      y = partner === undefined ? kept : add(kept, mul(partner, share));
    }
    return y;
  }

  override macs(): number {
    return 0;
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      scheme: this.#scheme,
      stripes: this.#stripes,
      maxBands: this.#maxBands,
      maxFrames: this.#maxFrames,
    };
  }
}
serialization.registerClass(HiddenStateMask);

/** 1 where start ≤ position < start + width, else 0: (B, size), from two uniform columns (B, 1). */
function stripeMask(ofWidth: Tensor, ofStart: Tensor, size: number, max: number): Tensor {
  const width = floor(mul(ofWidth, max));
  const start = floor(mul(ofStart, sub(size, width)));
  const position = reshape(range(0, size, 1, 'float32'), [1, size]);
  return cast(logicalAnd(greaterEqual(position, start), less(position, add(start, width))), 'float32');
}
