import { checkKeys, checkOneOf, UsageError, type NdArrays } from '@asc/core';
import type { OnnxModel } from '@asc/onnx';
import { calibrationDefaults, type CalibrationOptions } from './calibrate.js';
import { correctBiases, withOwnBiases } from './correct-biases.js';
import { inputGrams } from './input-grams.js';
import { nodeFates, type NodeFate } from './node-fates.js';
import { planPrepared, prepareStatic, type Feeds } from './prepare-static.js';
import { QUANTIZATION_SCHEMES, SCHEME_TYPES, type QuantizationScheme } from './quantization-scheme.js';
import { nodeLabel } from './select-nodes.js';
import { writeQdq } from './write-qdq.js';

export interface QuantizeOptions extends CalibrationOptions {
  /** Types of activations and weights; default `u8s8`, the fastest in ONNX Runtime: on x64 it turns int8 activations into
   * uint8 ones, and where a value has two readers leaves the layers around it in float32. Biases are int32 either way. */
  readonly scheme?: QuantizationScheme;
  /** Names of nodes that stay float32 (of their first output where they have no name); see `rankLayers`. */
  readonly keepFloat?: readonly string[];
  /** Even out the weights of neighbouring layers first (Nagel et al. 2019, cross-layer equalisation); default false. */
  readonly equalise?: boolean;
  /** Feeds to take the mean error of every weighted layer off its bias with (Nagel et al. 2019); default: none. */
  readonly correctBiasWith?: readonly NdArrays[];
  /**
   * Feeds to choose by, of every weight, whether it goes up or down to an integer, so that the error of its layer's outputs is
   * least (the objective of AdaRound, Nagel et al. 2020); default: none, each weight goes to the nearest.
   */
  readonly roundWith?: readonly NdArrays[];
}

/** Options of {@link quantizeStatic} with their defaults. @throws UsageError for unknown keys or impossible values. */
export function quantizeDefaults(options: QuantizeOptions): {
  readonly scheme: QuantizationScheme;
  readonly keepFloat: ReadonlySet<string>;
  readonly equalise: boolean;
  readonly correctBiasWith: readonly NdArrays[];
  readonly roundWith: readonly NdArrays[];
  readonly calibration: CalibrationOptions;
} {
  const own = ['scheme', 'keepFloat', 'equalise', 'correctBiasWith', 'roundWith'];
  checkKeys('The quantization options', options, ['method', 'percentile', 'threads', ...own]);
  const { scheme = 'u8s8', keepFloat = [], equalise = false, ...more } = options;
  const { correctBiasWith = [], roundWith = [], ...calibration } = more;
  checkOneOf('scheme', scheme, QUANTIZATION_SCHEMES);
  checkOneOf('equalise', equalise, [false, true]);
  calibrationDefaults(calibration);
  return { scheme, keepFloat: new Set(keepFloat), equalise, correctBiasWith, roundWith, calibration };
}

/**
 * The model with 8-bit weights and activations, in the QuantizeLinear–DequantizeLinear form that ONNX Runtime turns into
 * integer kernels: from the first convolution on, without the front end (nodes named `frontend/…`). Scales and zero points
 * are those of onnxruntime's own `quantize_static`. Inputs, outputs and metadata stay as they are.
 *
 * @param calibration Feeds of the model's inputs, e.g. 100 clips of the training split, a few a feed.
 * @throws UsageError where the stream is empty, the model is quantized already, has float16 weights, another opset than 13 to
 * 23, nothing to quantize, or no node of a name in `keepFloat`, or an option is unknown.
 * @throws DataError where a value is NaN or infinite during calibration.
 */
export async function quantizeStatic(
  model: OnnxModel,
  calibration: Feeds,
  options: QuantizeOptions = {},
): Promise<OnnxModel> {
  return (await explainedQuantization(model, calibration, options)).model;
}

/** As {@link quantizeStatic}, telling of every node what became of it and why. */
export async function explainedQuantization(
  model: OnnxModel,
  feeds: Feeds,
  options: QuantizeOptions = {},
): Promise<{ readonly model: OnnxModel; readonly fates: readonly NodeFate[] }> {
  const settings = quantizeDefaults(options);
  const { scheme, keepFloat, correctBiasWith, roundWith, calibration } = settings;
  const found = await prepareStatic(model, feeds, settings);
  const prepared = correctBiasWith.length === 0 ? found : { ...found, model: withOwnBiases(found.model) };
  checkNames(keepFloat, prepared.model);
  const { plan, parameters } = planPrepared(prepared, scheme, keepFloat);
  const grams = await inputGrams(prepared.model, plan, roundWith, calibration.threads);
  const write = (from: OnnxModel): OnnxModel => writeQdq(from, plan, parameters, SCHEME_TYPES[scheme].weight, grams);
  const ready =
    correctBiasWith.length === 0
      ? prepared.model
      : await correctBiases(prepared.model, plan, write, correctBiasWith, calibration.threads);
  return { model: write(ready), fates: nodeFates(prepared.model, plan, keepFloat) };
}

function checkNames(keepFloat: ReadonlySet<string>, model: OnnxModel): void {
  const known = new Set(model.nodes.map(nodeLabel));
  const missing = [...keepFloat].find((name) => !known.has(name));
  if (missing === undefined) return;
  throw new UsageError({
    what: `There is no node "${missing}" to keep in float32.`,
    expected: 'a node of the model, after batch norms are folded',
    received: `one of ${known.size}: ${[...known].slice(0, 5).join(', ')} …`,
  });
}
