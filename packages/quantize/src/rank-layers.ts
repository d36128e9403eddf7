import type { NdArrays } from '@asc/core';
import { OnnxRunner, type OnnxModel } from '@asc/onnx';
import { prepareStatic, planPrepared, writePrepared, type Feeds } from './prepare-static.js';
import { quantizeDefaults, type QuantizeOptions } from './quantize-static.js';
import { nodeLabel } from './select-nodes.js';

/** What 8 bits in one layer alone cost. */
export interface LayerSensitivity {
  /** As `keepFloat` of `quantizeStatic` wants it. */
  readonly name: string;
  readonly op: string;
  /** Cost of the model with this layer alone on 8 bits, less that of the float32 model. */
  readonly drop: number;
}

/**
 * Layers by what 8 bits cost in each alone, dearest first: give the first k names to `keepFloat`. One 8-bit model is made and
 * measured per layer.
 *
 * @param cost What is measured, e.g. log loss or {@link outputError}: the larger the worse.
 * @param options As for `quantizeStatic`; `keepFloat` are layers not to be ranked, biases are not corrected and
 * every weight goes to the nearest integer.
 * @throws as `quantizeStatic`.
 */
export async function rankLayers(
  model: OnnxModel,
  feeds: Feeds,
  cost: (model: OnnxModel) => Promise<number>,
  options: QuantizeOptions = {},
): Promise<LayerSensitivity[]> {
  const settings = quantizeDefaults(options);
  const { scheme, keepFloat } = settings;
  const prepared = await prepareStatic(model, feeds, { ...settings, everyValue: true });
  const { plan } = planPrepared(prepared, scheme, keepFloat);
  const layers = [...plan.rules].filter(([, rule]) => rule !== 'share' && rule !== 'clip' && rule !== 'max');
  const labels = layers.map(([node]) => nodeLabel(node));
  const before = await cost(model);
  const ranked: LayerSensitivity[] = [];
  for (const [node] of layers) {
    const name = nodeLabel(node);
    const others = new Set([...keepFloat, ...labels.filter((label) => label !== name)]);
    ranked.push({ name, op: node.op, drop: (await cost(writePrepared(prepared, scheme, others))) - before });
  }
  return ranked.sort((a, b) => b.drop - a.drop);
}

/** A cost for {@link rankLayers}: mean squared difference from the float32 model's outputs over `feeds`. */
export async function outputError(
  float: OnnxModel,
  feeds: readonly NdArrays[],
  options: { readonly threads?: number } = {},
): Promise<(model: OnnxModel) => Promise<number>> {
  const run = async (model: OnnxModel): Promise<number[]> => {
    const runner = await OnnxRunner.create(model, options);
    try {
      const values: number[] = [];
      for (const feed of feeds) {
        for (const { data } of Object.values(await runner.run(feed)))
          for (const value of data) values.push(Number(value));
      }
      return values;
    } finally {
      await runner.release();
    }
  };
  const wanted = await run(float);
  return async (model) => {
    const found = await run(model);
    return wanted.reduce((sum, value, i) => sum + (value - (found[i] ?? 0)) ** 2, 0) / Math.max(1, wanted.length);
  };
}
