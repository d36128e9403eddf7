import type { ModelCard } from '@asc/core';
import type { SceneDataset } from '@asc/data';
import { formatHtmlReport, worstMistakes, type HtmlReportCost, type Report, type ShownMistake } from '@asc/evaluate';
import { COMPLEXITY_RULES } from '@asc/models';
import { encodeOnnx, type OnnxModel } from '@asc/onnx';
import { describeEnvironment } from '@asc/train';
import { formatBytes, formatCount } from '../terminal/format.js';
import type { Evaluation } from './evaluate-model.js';
import { mistakeMedia } from './mistake-media.js';
import { onnxComplexity } from './onnx-complexity.js';
import { fileStandings, verdictOf } from './standings.js';

/** Mistakes shown with picture and sound: a page of them stays below 3 MB. */
const MISTAKES = 6;

export interface EvaluationPageOptions {
  readonly model: OnnxModel;
  readonly card: ModelCard;
  readonly evaluation: Evaluation & { readonly report: Report };
  readonly dataset: SceneDataset;
  /** What was evaluated and how, in words. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly signal?: AbortSignal;
}

/** An evaluation as a page of HTML: scores, worst mistakes, cost, recipe and environment. */
export async function evaluationPage(options: EvaluationPageOptions): Promise<string> {
  const { model, card, evaluation, dataset, facts, signal } = options;
  const paths = new Map(dataset.clips.map(({ id, path }) => [id, path]));
  const mistakes: ShownMistake[] = [];
  for (const mistake of worstMistakes(evaluation.predictions, MISTAKES)) {
    signal?.throwIfAborted();
    const path = paths.get(mistake.id);
    const media = path === undefined ? undefined : await mistakeMedia(path, card);
    mistakes.push({ ...mistake, ...(media === undefined ? {} : { media }) });
  }
  return formatHtmlReport({
    title: card.name,
    facts,
    report: evaluation.report,
    mistakes,
    cost: await costOf(model, card),
    documents: {
      ...(card.recipe === undefined ? {} : { recipe: card.recipe }),
      'front end': card.frontEnd,
      'environment of this evaluation': describeEnvironment(),
    },
  });
}

async function costOf(model: OnnxModel, card: ModelCard): Promise<HtmlReportCost> {
  const counted = await onnxComplexity(model);
  const { macsPerSecond, storage, standings } = fileStandings(counted, card, COMPLEXITY_RULES);
  const { nodes, parameters, nonZeroParameters, bytes, macs } = counted;
  const seconds = card.clipSamples / card.sampleRateHz;
  return {
    facts: [
      ['parameters', `${formatCount(parameters)}, ${formatCount(nonZeroParameters)} of them not 0`],
      ['stored as', `${formatBytes(bytes)}, mostly ${storage}`],
      ['whole file', formatBytes(encodeOnnx(model).length)],
      ['MACs', `${formatCount(macs)} for a window of ${seconds} s, ${formatCount(macsPerSecond)} for 1 s`],
      ['counted', 'on the graph that was evaluated: norms are folded, the front end is left out'],
    ],
    rules: standings.map((standing) => ({
      rule: standing.rule,
      note: COMPLEXITY_RULES.find(({ name }) => name === standing.rule)?.note ?? '',
      passes: standing.passes,
      verdict: verdictOf(standing),
    })),
    layers: nodes,
  };
}
