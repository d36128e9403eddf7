import { type FrontEndPlan, type ModelCard, UsageError, checkKeys, checkPositiveInteger } from '@asc/core';
import { type Tensor, sigmoid, softmax } from '@tensorflow/tfjs-core';
import { setModelCard } from '../model/model-card.js';
import type { OnnxModel } from '../model/onnx-model.js';
import type { LoweringTable } from '../trace/lowering.js';
import { type LayerLike, trace } from '../trace/trace.js';
import { compactNames } from './compact-names.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { foldConstants } from './fold-constants.js';
import { symbolicBatch } from './symbolic-batch.js';

/** What the exporter needs of a tfjs-layers model; any `LayersModel` is one. */
export interface ExportableModel {
  readonly layers: readonly LayerLike[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputs: readonly { readonly shape: readonly (number | null)[] }[];
  /** Makes a sequential model that was not used yet know its inputs. */
  countParams(): number;
  apply(inputs: Tensor | Tensor[], kwargs?: { training: boolean }): unknown;
}

export interface ExportOptions {
  /** Fixed batch size; absent, the batch is dynamic. */
  readonly batch?: number;
  /** Apply softmax, or sigmoid where the card has sound events, to the first output and call it `probabilities`; default: where a card is given. */
  readonly softmax?: boolean;
  /** Labels, sample rate and front end, stored in the file so that it needs nothing else. */
  readonly card?: ModelCard;
  /** The card's front end as numbers; needed where `card.input` is `waveform`: the graph then takes samples (B, S). */
  readonly frontEnd?: FrontEndPlan;
  readonly lowerings?: LoweringTable;
}

const BATCHES = [2, 3] as const;

/**
 * Any tfjs-layers model, custom layers included, as an ONNX model in inference form: batch norms folded, constants
 * computed, batch dynamic. The input keeps the model's name and (B, F, T, C) shape, or is `waveform` (B, S).
 *
 * @throws TraceError where a layer does something a graph cannot hold, by name.
 * @throws UsageError where the options do not fit the model.
 */
export function exportOnnx(model: ExportableModel, options: ExportOptions = {}): OnnxModel {
  checkKeys('options', options, ['batch', 'softmax', 'card', 'frontEnd', 'lowerings']);
  if (options.batch !== undefined) checkPositiveInteger('batch', options.batch);
  model.countParams();
  const exported =
    options.batch !== undefined
      ? traceModel(model, options, options.batch)
      : symbolicBatch(traceModel(model, options, BATCHES[0]), traceModel(model, options, BATCHES[1]), BATCHES);
  foldConstants(exported);
  foldBatchNorm(exported);
  compactNames(exported);
  if (options.card !== undefined) setModelCard(exported, options.card);
  return exported;
}

function traceModel(model: ExportableModel, options: ExportOptions, batch: number): OnnxModel {
  const { card, frontEnd } = options;
  const names = [...model.inputNames];
  const shapes = model.inputs.map(({ shape }, i) => {
    const sizes = shape.slice(1);
    if (sizes.some((d) => d === null)) {
      throw new UsageError({
        what: `The model's input '${names[i]}' has a size that is not fixed.`,
        expected: 'sizes for all axes but the batch',
        received: `(${shape.map((d) => d ?? '?').join(', ')})`,
      });
    }
    return [batch, ...(sizes as number[])];
  });
  const activate = card?.events === true ? sigmoid : softmax;
  const probabilities = options.softmax ?? card !== undefined;
  const apply = (inputs: Tensor[]): Record<string, Tensor> => {
    const result = model.apply(inputs.length === 1 ? inputs[0]! : inputs, { training: false });
    const outputs = (Array.isArray(result) ? result : [result]) as Tensor[];
    return Object.fromEntries(
      outputs.map((t, i) => (i === 0 && probabilities ? ['probabilities', activate(t)] : [model.outputNames[i]!, t])),
    );
  };
  const shared = { layers: model.layers, ...(options.lowerings === undefined ? {} : { lowerings: options.lowerings }) };
  if (card?.input !== 'waveform') {
    const inputs = Object.fromEntries(names.map((name, i) => [name, { dtype: 'float32' as const, shape: shapes[i]! }]));
    return trace((tensors) => apply(names.map((name) => tensors[name]!)), { ...shared, inputs }).model;
  }
  if (frontEnd === undefined || names.length !== 1) {
    throw new UsageError({
      what: 'A model that takes raw samples needs its front end and exactly one input.',
      hint: 'Pass frontEnd: frontEnd(card.frontEnd).plan() from @asc/features.',
    });
  }
  const inputs = { waveform: { dtype: 'float32' as const, shape: [batch, card.clipSamples] } };
  return trace((tensors) => apply([tensors['waveform']!]), {
    ...shared,
    inputs,
    frontEnd: { plan: frontEnd, shape: shapes[0]! },
  }).model;
}
