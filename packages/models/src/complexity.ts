import { checkKeys, checkOneOf, describeValue, UsageError } from '@asc/core';
import type { layers, LayersModel, Shape } from '@tensorflow/tfjs-layers';
import { GRAPH_COSTS, graphCost, tfliteBytes, type GraphCostOf } from './graph-costs.js';
import { costOf, STOCK_COSTS, type CostOf } from './layer-costs.js';
import { layerUses } from './layer-uses.js';
import { applyRule, COMPLEXITY_RULES, type RuleVerdict, type Storage } from './rules.js';

/** One row of the cost table. */
export interface LayerCost {
  readonly name: string;
  /** Class name, e.g. `AscConv2D`. */
  readonly kind: string;
  readonly outputShape: Shape;
  /** Learnt numbers, as PyTorch counts: a batch norm has 2C, its running statistics are not parameters. */
  readonly parameters: number;
  /** Multiply–accumulates of one example. */
  readonly macs: number;
  /** Float operations by TensorFlow's profiler, of which NeSsi's Keras backend halves the sum. */
  readonly floatOps: number;
  /** Multiply–accumulates by NeSsi's TFLite backend. */
  readonly tfliteMacs: number;
  /** Bytes of the layer's constants in TFLite: INT8 weights, INT32 biases, norms folded. */
  readonly tfliteBytes: number;
}

/** The same network by each backend of NeSsi, the challenge's counter. */
export interface Accounts {
  readonly torch: { readonly parameters: number; readonly macs: number };
  readonly keras: { readonly parameters: number; readonly macs: number };
  readonly tflite: { readonly bytes: number; readonly macs: number };
}

/** What a network costs: per layer, in all, by each official way to count, and against the limits. */
export interface Complexity {
  readonly layers: readonly LayerCost[];
  readonly parameters: number;
  /** Multiply–accumulates of one input, as torchinfo counts: bias and batch norm included, element-wise functions free. */
  readonly macs: number;
  /** The three official ways to count, side by side; `parameters` and `macs` above are torch's. */
  readonly accounts: Accounts;
  /** Parameters that are not 0, where asked for. */
  readonly nonZeroParameters?: number;
  /** Size of the parameters by storage; all of them stored that way, but for `int8+int32`. */
  readonly bytes: Readonly<Record<Storage, number>>;
  /** Pass or over-by for the rule asked for, or for every rule; per allowed storage. */
  readonly verdicts: readonly RuleVerdict[];
}

/** What {@link complexity} holds against which limits, and how it prices layers. */
export interface ComplexityOptions {
  /** Name of one DCASE edition, e.g. `dcase2024`; default all. */
  readonly rule?: string;
  /** What the limits on MACs, which speak of 1 s of sound, are held against; default the MACs of the model's own input. */
  readonly macsOfOneSecond?: number;
  /** Prices of layers that do not answer for themselves; default {@link STOCK_COSTS}. */
  readonly costs?: Readonly<Record<string, CostOf>>;
  /** Prices in a converted graph; default {@link GRAPH_COSTS}. */
  readonly graphCosts?: Readonly<Record<string, GraphCostOf>>;
  /**
   * Look at the weights, and hold only those that are not 0 against the rules that count them so. Default false: a fresh
   * network starts with zeros (the shifts of its norms) that training moves.
   */
  readonly nonZero?: boolean;
}

/**
 * What a network costs: parameters, MACs and bytes, per layer and in all, against the official limits.
 *
 * Counting follows torchinfo and NeSsi: it gives the DCASE 2024 baseline its published 61,148 parameters and 29,419,156 MACs,
 * row by row.
 *
 * @throws UsageError for an unknown rule, or a layer whose cost nobody knows.
 */
export function complexity(model: LayersModel, options: ComplexityOptions = {}): Complexity {
  if (!Array.isArray((model as Partial<LayersModel> | undefined)?.layers)) {
    throw new UsageError({
      what: 'complexity() prices one network of layers.',
      expected: 'a LayersModel',
      received: describeValue(model),
      hint: 'Of what createModel() returns, pass `deployed` or `training`.',
    });
  }
  checkKeys('The options of complexity()', options, ['rule', 'macsOfOneSecond', 'costs', 'graphCosts', 'nonZero']);
  const names = COMPLEXITY_RULES.map((rule) => rule.name);
  if (options.rule !== undefined) checkOneOf('rule', options.rule, names);
  const rows = layerCosts(model, options.costs ?? STOCK_COSTS, options.graphCosts ?? GRAPH_COSTS);
  const total = (of: (row: LayerCost) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const parameters = total((row) => row.parameters);
  const macs = total((row) => row.macs);
  const accounts: Accounts = {
    torch: { parameters, macs },
    keras: { parameters, macs: Math.floor(total((row) => row.floatOps) / 2) },
    tflite: { bytes: total((row) => row.tfliteBytes), macs: total((row) => row.tfliteMacs) },
  };
  const bytes: Record<Storage, number> = {
    float32: 4 * parameters,
    float16: 2 * parameters,
    int8: parameters,
    'int8+int32': accounts.tflite.bytes,
  };
  const counted = options.nonZero === true ? { nonZeroParameters: countNonZero(model) } : {};
  return {
    layers: rows,
    parameters,
    macs,
    accounts,
    ...counted,
    bytes,
    verdicts: COMPLEXITY_RULES.filter((rule) => rule.name === (options.rule ?? rule.name)).flatMap((rule) =>
      applyRule(rule, { parameters, macs: options.macsOfOneSecond ?? macs, bytes, ...counted }),
    ),
  };
}

/** A layer used several times in the model pays its MACs each time, and its parameters once. */
function layerCosts(
  model: LayersModel,
  costs: Readonly<Record<string, CostOf>>,
  graphCosts: Readonly<Record<string, GraphCostOf>>,
): LayerCost[] {
  const statistics = new Map<layers.Layer, number>();
  const uses = layerUses(model, (layer, inputShape, outputShape) => {
    const cost = costOf(layer, inputShape, outputShape, costs);
    statistics.set(layer, cost.statistics);
    return cost.macs;
  });
  return model.layers.map((layer) => {
    const own = uses.filter((use) => use.layer === layer);
    const prices = own.map((use) => graphCost(use, graphCosts));
    return {
      name: layer.name,
      kind: layer.getClassName(),
      outputShape: own[0]!.outputShape,
      parameters: layer.countParams() - statistics.get(layer)!,
      macs: own.reduce((sum, use) => sum + use.macs, 0),
      floatOps: prices.reduce((sum, price) => sum + price.floatOps, 0),
      tfliteMacs: prices.reduce((sum, price) => sum + price.tfliteMacs, 0),
      tfliteBytes: tfliteBytes(own),
    };
  });
}

/** Learnt numbers that are not 0; a layer whose `trainable` is off still has learnt ones. */
function countNonZero(model: LayersModel): number {
  const learnt = model.weights.filter((weight) => !/moving_(mean|variance)$/.test(weight.originalName));
  return learnt.reduce((count, weight) => {
    for (const value of weight.read().dataSync()) if (value !== 0) count++;
    return count;
  }, 0);
}
