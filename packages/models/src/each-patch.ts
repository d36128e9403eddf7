import { UsageError } from '@asc/core';
import { AscLayer, type CallArguments } from '@asc/layers';
import { reshape, slice, tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, Shape } from '@tensorflow/tfjs-layers';
import { complexity } from './complexity.js';

/**
 * A network of short maps heard along a longer one: the map is cut into patches that follow one another, the frames left over
 * dropped, and what the network says of each stands in a row. It holds the network's layers and weights as its own.
 *
 * (B, F, T, C) → (B, E, N, 1) where the network turns (B, F, P, C) into (B, E) and N = ⌊T/P⌋.
 */
export class EachPatch extends AscLayer {
  static className = 'AscEachPatch';
  readonly #net: LayersModel;
  readonly #shape: readonly [bands: number, frames: number, channels: number];

  constructor(name: string, net: LayersModel) {
    super({ name }, 'EachPatch', []);
    this.#net = net;
    this.#shape = net.inputs[0]!.shape.slice(1) as [number, number, number];
    this.trainableWeights = net.trainableWeights;
    this.nonTrainableWeights = net.nonTrainableWeights;
  }

  /** What is inside, for whoever names layers or weights. */
  get layers(): LayersModel['layers'] {
    return this.#net.layers;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [batch, , frames] = inputShape as Shape;
    return [batch ?? null, this.#net.outputs[0]!.shape[1] ?? null, this.#patches(frames ?? 0), 1];
  }

  override call(inputs: Tensor | Tensor[], kwargs: CallArguments): Tensor {
    return tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor;
      const [bands, frames, channels] = this.#shape;
      const [batch, , total] = x.shape as [number, number, number, number];
      const count = this.#patches(total);
      const whole = slice(x, [0, 0, 0, 0], [batch, bands, count * frames, channels]);
      const cut = transpose(reshape(whole, [batch, bands, count, frames, channels]), [0, 2, 1, 3, 4]);
      const said = this.#net.apply(reshape(cut, [batch * count, bands, frames, channels]), kwargs) as Tensor;
      const size = said.shape[1]!;
      const row = transpose(reshape(said, [batch, count, size]), [0, 2, 1]);
      return reshape(row, [batch, size, count, 1]);
    });
  }

  override macs(inputShape: Shape): number {
    return this.#patches(inputShape[2] ?? 0) * complexity(this.#net).macs;
  }

  #patches(frames: number): number {
    const count = Math.floor(frames / this.#shape[1]);
    if (count > 0) return count;
    throw new UsageError({
      what: `A map is too short for one patch of "${this.#net.name}".`,
      expected: `at least ${this.#shape[1]} frames`,
      received: `${frames}`,
      hint: 'Give it longer clips.',
    });
  }
}
