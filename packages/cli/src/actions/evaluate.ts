import { formatReport } from '@asc/evaluate';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import { evaluateModel } from '../line/evaluate-model.js';
import { loadModel } from '../line/load-model.js';
import { groundsFor } from '../line/trained-on.js';
import { countingDisplay } from '../terminal/counting-display.js';
import type { EvaluateOptions } from '../commands/evaluate.js';

/** Scores a run or a file. */
export async function evaluate(
  path: string,
  options: EvaluateOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const { terminal, signal } = context;
  const { split } = options;
  const loaded = await loadModel(path);
  const { dataset, fold, crops } = await groundsFor(loaded.card, { ...options, crops: options.tta });
  const onProgress = countingDisplay(terminal, 'clips judged');
  const { report } = await stopOnAbort(signal, () =>
    evaluateModel(loaded, { dataset, fold, split, crops, signal, onProgress }),
  );
  return {
    json: { model: path, name: loaded.card.name, dataset: dataset.root, fold, split, crops, report },
    text: `${path} on ${dataset.name}, fold ${fold}, ${split}\n\n${formatReport(report)}`,
  };
}
