import { checkKeys, checkOneOf, describeValue, UsageError } from '@asc/core';
import type { layers, LayersModel, Shape } from '@tensorflow/tfjs-layers';
import { costOf, STOCK_COSTS, type CostOf } from './layer-costs.js';
import { applyRule, BYTES_PER_PARAMETER, COMPLEXITY_RULES, type RuleVerdict, type Storage } from './rules.js';

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
}

export interface Complexity {
  readonly layers: readonly LayerCost[];
  readonly parameters: number;
  /** Multiply–accumulates of one input, as torchinfo counts: bias and batch norm included, element-wise functions free. */
  readonly macs: number;
  /** Size of the parameters by storage, all of them stored that way. */
  readonly bytes: Readonly<Record<Storage, number>>;
  /** Pass or over-by for the rule asked for, or for every rule; per allowed storage. */
  readonly verdicts: readonly RuleVerdict[];
}

export interface ComplexityOptions {
  /** Name of one DCASE edition, e.g. `dcase2024`; default all. Limits on MACs speak of 1 s of sound: give a 1 s input. */
  readonly rule?: string;
  /** Prices of layers that do not answer for themselves; default {@link STOCK_COSTS}. */
  readonly costs?: Readonly<Record<string, CostOf>>;
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
  checkKeys('The options of complexity()', options, ['rule', 'costs']);
  const names = COMPLEXITY_RULES.map((rule) => rule.name);
  if (options.rule !== undefined) checkOneOf('rule', options.rule, names);
  const rows = model.layers.map((layer) => layerCost(layer, model, options.costs ?? STOCK_COSTS));
  const parameters = rows.reduce((total, row) => total + row.parameters, 0);
  const macs = rows.reduce((total, row) => total + row.macs, 0);
  const size = (storage: Storage): number => parameters * BYTES_PER_PARAMETER[storage];
  return {
    layers: rows,
    parameters,
    macs,
    bytes: { float32: size('float32'), float16: size('float16'), int8: size('int8') },
    verdicts: COMPLEXITY_RULES.filter((rule) => rule.name === (options.rule ?? rule.name)).flatMap((rule) =>
      applyRule(rule, parameters, macs),
    ),
  };
}

/** A layer used several times in the model pays its MACs each time, and its parameters once. */
function layerCost(layer: layers.Layer, model: LayersModel, costs: Readonly<Record<string, CostOf>>): LayerCost {
  const uses = Object.values(model.nodesByDepth)
    .flat()
    .filter((node) => node.outboundLayer === layer);
  const outputShape = uses[0]!.outputShapes[0] as Shape;
  const prices = uses.map((use) => costOf(layer, use.inputShapes[0] as Shape, use.outputShapes[0] as Shape, costs));
  return {
    name: layer.name,
    kind: layer.getClassName(),
    outputShape,
    parameters: layer.countParams() - (prices[0]?.statistics ?? 0),
    macs: prices.reduce((total, price) => total + price.macs, 0),
  };
}
