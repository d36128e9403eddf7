import { type Predictions, UsageError, writeFileAtomic } from '@asc/core';
import { formatEventReport, formatReport, predictionsToCsv } from '@asc/evaluate';
import { defaultEvaluation } from '@asc/train';
import { extname } from 'node:path';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import { evaluateModel } from '../line/evaluate-model.js';
import { evaluationPage } from '../line/evaluation-page.js';
import { loadModel } from '../line/load-model.js';
import { makeRoomFor } from '../line/make-room-for.js';
import { testTime } from '../line/test-time.js';
import { groundsFor, recipeOf } from '../line/trained-on.js';
import { countingDisplay } from '../terminal/counting-display.js';
import { isOfEvents } from '../terminal/score-lines.js';
import type { EvaluateOptions } from '../commands/evaluate.js';

/** Scores a run or a file. */
export async function evaluate(
  path: string,
  options: EvaluateOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const { terminal, signal } = context;
  const { split, weights, predictions: out, report: page } = options;
  const loaded = await loadModel(path, weights === undefined ? {} : { weights });
  if (page !== undefined && loaded.card.events === true) {
    throw new UsageError({
      what: 'The page is for scenes, and this model tells sound events.',
      hint: 'Leave --report out.',
    });
  }
  const { dataset, fold, crops } = await groundsFor(loaded.card, options);
  const recipe = recipeOf(loaded.card);
  const planned = (recipe?.evaluate ?? defaultEvaluation()).tta;
  const tta = { ...planned, passes: options.tta ?? planned.passes };
  const changed = tta.passes === 0 ? undefined : testTime(tta, recipe?.seed ?? 0, loaded.card);
  for (const file of [out, page]) if (file !== undefined) await makeRoomFor(file);
  const onProgress = countingDisplay(terminal, 'clips judged');
  const { report, predictions } = await stopOnAbort(signal, () =>
    evaluateModel(loaded, { dataset, fold, split, crops, testTime: changed, signal, onProgress }),
  );
  const passes = changed === undefined ? [] : [`${tta.passes} test-time passes`];
  if (out !== undefined) await writeFileAtomic(out, encode(predictions, out));
  if (page !== undefined && !isOfEvents(report)) {
    const facts = [
      ['model', path],
      ['dataset', `${dataset.name}, fold ${fold}, ${split}`],
      ['heard', passes[0] ?? (crops === 1 ? 'one window a recording' : `${crops} windows a recording`)],
    ] as const;
    const text = await stopOnAbort(signal, () =>
      evaluationPage({ ...loaded, evaluation: { predictions, report }, dataset, facts, signal }),
    );
    await writeFileAtomic(page, text);
  }
  return {
    json: {
      model: path,
      name: loaded.card.name,
      dataset: dataset.root,
      fold,
      split,
      crops,
      tta: changed === undefined ? null : tta,
      predictions: out ?? null,
      page: page ?? null,
      report,
    },
    text: [
      [`${path} on ${dataset.name}`, `fold ${fold}`, split, ...passes].join(', '),
      isOfEvents(report) ? formatEventReport(report) : formatReport(report),
      ...(out === undefined ? [] : [`The posteriors of every recording: ${out}`]),
      ...(page === undefined ? [] : [`The report as a page: ${page}`]),
    ].join('\n\n'),
  };
}

function encode(predictions: Predictions, out: string): string {
  return extname(out).toLowerCase() === '.json' ? `${JSON.stringify(predictions)}\n` : predictionsToCsv(predictions);
}
