import { checkKeys, checkNonNegativeInteger, checkOneOf, UsageError } from '@asc/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, type Shape, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { BLANK_SEED } from './seeded-initializer.js';

/** What every tfjs layer accepts: `name`, `trainable`, `dtype`, `inputShape`, `batchInputShape`, … */
export type LayerConfig = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** Configuration of a layer whose weights are drawn: equal (seed, layer name) give equal weights, in any build order. */
export interface SeededLayerConfig extends LayerConfig {
  /** Integer of at least 0, or {@link BLANK_SEED}; default 0. */
  seed?: number;
}

/** What a layer says about its own price; shared code asks, and never lists kinds of layers. */
export interface CountsCost {
  /**
   * Multiply–accumulates for one example, counted as torchinfo does: weights and bias of a convolution once per output
   * position, of a dense layer once, 2C for a batch norm; element-wise functions and pooling are free.
   *
   * @param inputShape with its batch dimension, whose size is ignored, e.g. [null, F, T, C].
   */
  macs(inputShape: Shape): number;
  /** Numbers stored but not learnt (running statistics), which a PyTorch-style parameter count leaves out. */
  countStatistics(): number;
}

/** What a layer can be told when it is called: `training`, `random` (a RandomSource). */
export type CallArguments = Record<string, unknown>;

type Applied = Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[];

const BASE_KEYS = [
  'name',
  'trainable',
  'dtype',
  'inputShape',
  'batchInputShape',
  'batchSize',
  'inputDType',
  'weights',
  // added by tfjs when it loads a model
  'customObjects',
] as const;

/** A layer with one input and one output that knows its cost. Base of every layer of this package. */
export abstract class AscLayer extends layers.Layer implements CountsCost {
  /** @param keys of the layer's own configuration. @throws UsageError on any other key. */
  protected constructor(config: LayerConfig, kind: string, keys: readonly string[]) {
    checkKeys(`The configuration of ${kind}`, config, [...BASE_KEYS, ...keys]);
    super(config);
  }

  abstract macs(inputShape: Shape): number;

  /** As tfjs' `apply`, typed by what goes in: a symbolic tensor builds a model, a tensor computes. */
  override apply(inputs: SymbolicTensor): SymbolicTensor;
  override apply(inputs: Tensor, kwargs?: CallArguments): Tensor;
  override apply(inputs: Applied, kwargs?: CallArguments): Applied;
  override apply(inputs: Applied, kwargs?: CallArguments): Applied {
    return super.apply(inputs, kwargs);
  }

  countStatistics(): number {
    return 0;
  }
}

/** The one input of a layer that takes one. @throws UsageError when there are several. */
export function singleInput(layer: layers.Layer, inputs: Tensor | Tensor[]): Tensor {
  const list = Array.isArray(inputs) ? inputs : [inputs];
  const [first] = list;
  if (first === undefined || list.length !== 1) refuseInputs(layer, list.length);
  return first;
}

/** The one input shape of a layer that takes one. @throws UsageError when there are several, or of another rank. */
export function singleShape(layer: layers.Layer, shape: Shape | Shape[], ranks: readonly number[]): Shape {
  const list = (Array.isArray(shape[0]) ? shape : [shape]) as Shape[];
  const [first] = list;
  if (first === undefined || list.length !== 1) refuseInputs(layer, list.length);
  if (!ranks.includes(first.length)) {
    throw new UsageError({
      what: `The input of layer "${layer.name}" has the wrong number of dimensions.`,
      expected: ranks
        .map((rank) => (rank === 4 ? '(B, F, T, C)' : rank === 2 ? '(B, C)' : `rank ${rank}`))
        .join(' or '),
      received: `(${first.join(', ')})`,
    });
  }
  return first;
}

/** A dimension that must be known when the layer is built. @throws UsageError when it is null. */
export function knownSize(layer: layers.Layer, shape: Shape, axis: number): number {
  const size = shape.at(axis);
  if (typeof size === 'number') return size;
  throw new UsageError({
    what: `Layer "${layer.name}" must know dimension ${axis} of its input.`,
    expected: 'a number',
    received: `(${shape.join(', ')})`,
    hint: 'Give the input layer a concrete shape.',
  });
}

/** A seed from a configuration: an integer of at least 0 or {@link BLANK_SEED}; 0 where absent. */
export function seedOf(config: SeededLayerConfig): number {
  if (config.seed === BLANK_SEED) return BLANK_SEED;
  return checkNonNegativeInteger('seed', config.seed ?? 0);
}

/** A boolean of a configuration, or its default where absent. @throws UsageError on anything else. */
export function flagOf(name: string, value: unknown, byDefault: boolean): boolean {
  return checkOneOf(name, value ?? byDefault, [true, false]);
}

function refuseInputs(layer: layers.Layer, count: number): never {
  throw new UsageError({
    what: `Layer "${layer.name}" (${layer.getClassName()}) takes one input.`,
    expected: '1 input',
    received: `${count} inputs`,
  });
}
