import type { layers, Shape } from '@tensorflow/tfjs-layers';

/** One use of a layer in a network. */
export interface LayerUse {
  readonly layer: layers.Layer;
  readonly inputShapes: readonly Shape[];
  readonly outputShape: Shape;
  /** The uses whose outputs come in, in order. */
  readonly sources: readonly LayerUse[];
  /** How many uses read the output. */
  readonly readers: number;
  /** What torchinfo counts. */
  readonly macs: number;
}

/** What one use of a layer costs in a converted graph, where torchinfo sees only modules. */
export interface GraphCost {
  /** Float operations by TensorFlow's profiler; NeSsi's Keras backend halves their sum. */
  readonly floatOps: number;
  /** Multiply–accumulates by NeSsi's TFLite backend: no bias, but pooling, means and additions. */
  readonly tfliteMacs: number;
}

/** Prices one use of a layer in a converted graph. */
export type GraphCostOf = (use: LayerUse) => GraphCost;

const both = (count: number): GraphCost => ({ floatOps: count, tfliteMacs: count });
const mean: GraphCostOf = (use) => both(sizeOf(use.inputShapes[0]!));
const pool: GraphCostOf = (use) => both(windowArea(use.layer) * sizeOf(use.outputShape));
const merged = (use: LayerUse): number => (use.inputShapes.length - 1) * sizeOf(use.outputShape);
const compare: GraphCostOf = (use) => ({ floatOps: merged(use), tfliteMacs: 0 });

/**
 * Prices in a converted graph by class name. Layers of nothing but a kernel and a bias, and norms, are read off their weights;
 * what neither tells costs what torchinfo says, twice in float operations.
 */
export const GRAPH_COSTS: Readonly<Record<string, GraphCostOf>> = {
  MaxPooling2D: pool,
  AveragePooling2D: pool,
  AscMaxPool2D: pool,
  AscAveragePool2D: pool,
  GlobalAveragePooling2D: mean,
  AscGlobalAveragePool: mean,
  Add: (use) => both(merged(use)),
  Multiply: compare,
  Maximum: compare,
  AscMaxFeatureMap: (use) => ({ floatOps: sizeOf(use.outputShape), tfliteMacs: 0 }),
  Softmax: (use) => ({ floatOps: SOFTMAX_OPS * sizeOf(use.outputShape), tfliteMacs: 0 }),
};

/** What TensorFlow's profiler counts for a number of a softmax. */
const SOFTMAX_OPS = 5;

/** Prices one use of a layer in a converted graph. */
export function graphCost(use: LayerUse, costs: Readonly<Record<string, GraphCostOf>>): GraphCost {
  const { layer, outputShape } = use;
  const kind = layer.getClassName();
  const price = Object.hasOwn(costs, kind) ? costs[kind] : undefined;
  if (price !== undefined) return price(use);
  const size = sizeOf(outputShape);
  const softmax = layer.getConfig()['activation'] === 'softmax' ? SOFTMAX_OPS * size : 0;
  if (isAffine(layer)) {
    const positions = size / outputShape.at(-1)!;
    const kernel = weightSizes(layer, 'kernel');
    const bias = weightSizes(layer, 'bias') > 0 ? size : 0;
    return { floatOps: 2 * kernel * positions + bias + softmax, tfliteMacs: kernel * positions * inputShare(use) };
  }
  // The profiler has no price for a fused norm. TFLite folds it; where it cannot, a multiplication (free) and an addition stay.
  if (isNorm(layer)) return { floatOps: 0, tfliteMacs: isFolded(use) ? 0 : size };
  return { floatOps: 2 * use.macs + softmax, tfliteMacs: use.macs };
}

/** Bytes of a layer's constants in TFLite: INT8 weights, INT32 biases, norms folded into the layer before where it has a kernel. */
export function tfliteBytes(uses: readonly LayerUse[]): number {
  const layer = uses[0]!.layer;
  if (isNorm(layer) && uses.every(isFolded)) return 0;
  if (isNorm(layer)) return 2 * uses[0]!.outputShape.at(-1)!;
  const learnt = layer.weights.filter((weight) => !isBias(weight) && !shortName(weight).startsWith('moving_'));
  const bytes = learnt.reduce((total, weight) => total + sizeOf([null, ...weight.shape]), 0);
  // TFLite convolutions always have a bias.
  const bias = isConvolution(layer) ? uses[0]!.outputShape.at(-1)! : weightSizes(layer, 'bias');
  return bytes + 4 * bias;
}

/** Numbers in one example of a shape with its batch dimension. */
function sizeOf(shape: Shape): number {
  return shape.slice(1).reduce<number>((product, size) => product * (size ?? NaN), 1);
}

function windowArea(layer: layers.Layer): number {
  return ([layer.getConfig()['poolSize']].flat() as number[]).reduce((area, side) => area * side, 1);
}

type Weight = layers.Layer['weights'][number];
const shortName = (weight: Weight): string => weight.originalName.split('/').at(-1)!;
const isBias = (weight: Weight): boolean => shortName(weight).endsWith('bias');

function weightSizes(layer: layers.Layer, ending: 'kernel' | 'bias'): number {
  const chosen = layer.weights.filter((weight) => shortName(weight).endsWith(ending));
  return chosen.reduce((total, weight) => total + sizeOf([null, ...weight.shape]), 0);
}

/** One kernel, perhaps a bias, and nothing else. */
function isAffine(layer: layers.Layer): boolean {
  const names = layer.weights.map(shortName);
  const kernels = names.filter((name) => ['kernel', 'depthwise_kernel'].includes(name));
  return kernels.length === 1 && names.every((name) => kernels.includes(name) || name === 'bias');
}

function isConvolution(layer: layers.Layer): boolean {
  return isAffine(layer) && layer.weights[0]!.shape.length === 4;
}

function isNorm(layer: layers.Layer): boolean {
  const names = layer.weights.map(shortName);
  const known = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
  return names.includes('moving_variance') && names.every((name) => known.includes(name));
}

function isFolded({ sources }: LayerUse): boolean {
  return sources.length === 1 && sources[0]!.readers === 1 && isAffine(sources[0]!.layer);
}

/**
 * The converter drops a flattening before a dense layer, whose input NeSsi then takes to be as long as the last axis alone: the
 * published 29,234,920 MACs of the DCASE 2022 baseline are counted that way.
 */
function inputShare({ sources, inputShapes, layer }: LayerUse): number {
  const [source] = sources;
  if (isConvolution(layer) || source?.layer.getClassName() !== 'Flatten') return 1;
  return source.inputShapes[0]!.at(-1)! / inputShapes[0]!.at(-1)!;
}
