import { UsageError } from '@asc/core';
import type { CountsCost } from '@asc/layers';
import type { layers, Shape } from '@tensorflow/tfjs-layers';

/** What one use of a layer costs. */
export interface Cost {
  readonly macs: number;
  /** Stored numbers that are not learnt (running statistics). */
  readonly statistics: number;
}

/** Prices one use of a stock layer. */
export type CostOf = (layer: layers.Layer, inputShape: Shape, outputShape: Shape) => Cost;

const free: CostOf = () => ({ macs: 0, statistics: 0 });
/** A convolution: all parameters, once per output position. */
const perPosition: CostOf = (layer, _, outputShape) => {
  const positions = outputShape.slice(1, -1).reduce<number>((product, size) => product * (size ?? NaN), 1);
  return { macs: layer.countParams() * positions, statistics: 0 };
};
const once: CostOf = (layer) => ({ macs: layer.countParams(), statistics: 0 });
const batchNorm: CostOf = (layer, _, outputShape) => {
  const statistics = 2 * (outputShape.at(-1) ?? NaN);
  return { macs: layer.countParams() - statistics, statistics };
};

/** Prices of tfjs' own layers by class name, as torchinfo counts. Layers of @asc/layers, and yours, answer for themselves. */
export const STOCK_COSTS: Readonly<Record<string, CostOf>> = {
  InputLayer: free,
  Activation: free,
  ReLU: free,
  LeakyReLU: free,
  Softmax: free,
  Add: free,
  Maximum: free,
  Multiply: free,
  Average: free,
  Concatenate: free,
  Flatten: free,
  Reshape: free,
  Permute: free,
  ZeroPadding2D: free,
  Dropout: free,
  SpatialDropout2D: free,
  GaussianNoise: free,
  MaxPooling2D: free,
  AveragePooling2D: free,
  GlobalAveragePooling2D: free,
  GlobalMaxPooling2D: free,
  Conv1D: perPosition,
  Conv2D: perPosition,
  DepthwiseConv2D: perPosition,
  Dense: once,
  BatchNormalization: batchNorm,
};

function answersForItself(layer: layers.Layer): layer is layers.Layer & CountsCost {
  const candidate = layer as Partial<CountsCost>;
  return typeof candidate.macs === 'function' && typeof candidate.countStatistics === 'function';
}

/** Prices one use of a layer: by its own answer, else by the table. @throws UsageError when neither knows. */
export function costOf(
  layer: layers.Layer,
  inputShape: Shape,
  outputShape: Shape,
  costs: Readonly<Record<string, CostOf>>,
): Cost {
  if (answersForItself(layer)) return { macs: layer.macs(inputShape), statistics: layer.countStatistics() };
  const kind = layer.getClassName();
  const price = Object.hasOwn(costs, kind) ? costs[kind] : undefined;
  if (price !== undefined) return price(layer, inputShape, outputShape);
  throw new UsageError({
    what: `The cost of layer "${layer.name}" is not known.`,
    expected: 'a layer with macs(inputShape) and countStatistics(), or an entry in the cost table',
    received: kind,
    hint: `Pass complexity(model, { costs: { ...STOCK_COSTS, ${kind}: (layer, input, output) => ({ macs, statistics }) } }).`,
  });
}
