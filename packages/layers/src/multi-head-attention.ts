import { checkPositiveInteger, UsageError } from '@asc/core';
import { add, matMul, mul, reshape, serialization, softmax, sub, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable, Shape } from '@tensorflow/tfjs-layers';
import { AscLayer, knownSize, seedOf, type SeededLayerConfig } from './asc-layer.js';
import { seededInitializer, torchDefaultLaw } from './seeded-initializer.js';

/** Heads of a {@link MultiHeadAttention}, and the inner size they share. */
export interface MultiHeadAttentionConfig extends SeededLayerConfig {
  heads: number;
  /** Width of queries, keys and values, all heads together; a multiple of `heads`. */
  innerSize: number;
}

/** Added to the score of what a mask hides: e to it is 0, and its sum with any score is a number. */
const HIDDEN = -1e9;

/**
 * Multi-head attention: concat over heads of softmax(Q·Kᵀ/√d)·V, times W_O; Q = x·W_Q, K = m·W_K, V = m·W_V, d =
 * innerSize/heads; no biases.
 *
 * One input x (B, T, C) attends to itself (m = x); two, [x, m (B, S, D)], x attends to m; three, [x, m, mask (B, S)], only
 * where the mask is 1 (0 elsewhere; at least one 1 each). → (B, T, C). Self-attention with a mask is [x, x, mask].
 * Source: Vaswani et al., "Attention is all you need" (2017), section 3.2.
 */
export class MultiHeadAttention extends AscLayer {
  static className = 'AscMultiHeadAttention';
  readonly #heads: number;
  readonly #innerSize: number;
  readonly #seed: number;
  #query!: LayerVariable;
  #key!: LayerVariable;
  #value!: LayerVariable;
  #output!: LayerVariable;
  #memoryFrames: number | undefined;

  constructor(config: MultiHeadAttentionConfig) {
    super(config, 'MultiHeadAttention', ['heads', 'innerSize', 'seed']);
    this.#heads = checkPositiveInteger('heads', config.heads);
    this.#innerSize = checkPositiveInteger('innerSize', config.innerSize);
    this.#seed = seedOf(config);
    if (this.#innerSize % this.#heads !== 0) {
      throw new UsageError({
        what: 'innerSize does not divide among the heads.',
        expected: `a multiple of ${this.#heads}`,
        received: `${this.#innerSize}`,
      });
    }
  }

  override build(inputShape: Shape | Shape[]): void {
    const [queries, memory] = this.#shapes(inputShape);
    const [size, memorySize] = [knownSize(this, queries, 2), knownSize(this, memory, 2)];
    const weight = (name: string, from: number, to: number): LayerVariable => {
      const start = seededInitializer(this.#seed, this.name, name, torchDefaultLaw(from));
      return this.addWeight(name, [from, to], 'float32', start);
    };
    this.#query = weight('query_kernel', size, this.#innerSize);
    this.#key = weight('key_kernel', memorySize, this.#innerSize);
    this.#value = weight('value_kernel', memorySize, this.#innerSize);
    this.#output = weight('output_kernel', this.#innerSize, size);
    this.#memoryFrames = memory === queries ? undefined : knownSize(this, memory, 1);
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return this.#shapes(inputShape)[0];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => {
      const [x, memory = x, mask] = (Array.isArray(inputs) ? inputs : [inputs]) as [Tensor, Tensor?, Tensor?];
      const [, frames, channels] = x.shape as [number, number, number];
      const scale = 1 / Math.sqrt(this.#innerSize / this.#heads);
      const queries = mul(this.#split(x, this.#query), scale);
      const scores = matMul(queries, this.#split(memory, this.#key), false, true);
      const shown = mask === undefined ? scores : add(scores, this.#hide(mask));
      const heads = matMul(softmax(shown), this.#split(memory, this.#value));
      const joined = reshape(transpose(heads, [0, 2, 1, 3]), [-1, this.#innerSize]);
      return reshape(matMul(joined, this.#output.read()), [-1, frames, channels]);
    });
  }

  /** (B, T, C)·(C, inner) → (B, H, T, inner/H). */
  #split(x: Tensor, kernel: LayerVariable): Tensor {
    const [, frames, channels] = x.shape as [number, number, number];
    const projected = matMul(reshape(x, [-1, channels]), kernel.read());
    return transpose(reshape(projected, [-1, frames, this.#heads, this.#innerSize / this.#heads]), [0, 2, 1, 3]);
  }

  /** (B, S) of 1 and 0 → (B, 1, 1, S) of 0 and {@link HIDDEN}. */
  #hide(mask: Tensor): Tensor {
    return mul(reshape(sub(1, mask), [-1, 1, 1, mask.shape[1]!]), HIDDEN);
  }

  /** Shapes of queries and memory. @throws UsageError unless 1 to 3 inputs of the right ranks and lengths. */
  #shapes(inputShape: Shape | Shape[]): [queries: Shape, memory: Shape] {
    const list = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as Shape[];
    const [queries = [], memory = queries, mask] = list;
    const fits = queries.length === 3 && memory.length === 3 && list.length <= 3;
    if (fits && (mask === undefined || (mask.length === 2 && mask[1] === memory[1]))) return [queries, memory];
    throw new UsageError({
      what: `Layer "${this.name}" cannot attend over these inputs.`,
      expected: '(B, T, C), then perhaps (B, S, D), then perhaps a mask (B, S)',
      received: list.map((shape) => `(${shape.join(', ')})`).join(', '),
    });
  }

  /** Projections, scores and weighted sums for queries of `inputShape` and the memory the layer was built with. */
  override macs(inputShape: Shape | Shape[]): number {
    const [queries, memory] = this.#shapes(inputShape);
    const [frames, size] = [knownSize(this, queries, 1), knownSize(this, queries, 2)];
    const memoryFrames = this.#memoryFrames ?? knownSize(this, memory, 1);
    const memorySize = this.#key.shape[0]!;
    return this.#innerSize * (2 * frames * size + 2 * memoryFrames * memorySize + 2 * frames * memoryFrames);
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), heads: this.#heads, innerSize: this.#innerSize, seed: this.#seed };
  }
}
serialization.registerClass(MultiHeadAttention);
