import type { SplitName } from '@asc/data';
import { formatReport } from '@asc/evaluate';
import { Option, type Command } from 'commander';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import { wholeNumber } from '../command/options.js';
import { evaluateModel } from '../line/evaluate-model.js';
import { loadModel } from '../line/load-model.js';
import { groundsFor } from '../line/trained-on.js';
import { countingDisplay } from '../terminal/counting-display.js';

interface EvaluateOptions extends CommonOptions {
  readonly dataset?: string;
  readonly fold?: number;
  readonly split: SplitName;
  readonly tta?: number;
}

/** `asc evaluate`: how right a model is on recordings it was not trained on. */
export function addEvaluateCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'evaluate <RUN|FILE.onnx>',
    'score a run or an exported model on a labelled split',
    'asc evaluate runs/amfm --dataset data/esc-scenes --split evaluate\nasc evaluate model.int8.onnx --dataset data/esc-scenes --json',
  )
    .option('--dataset <DIR>', 'folder of the dataset (that of the recipe where not given)')
    .option('--fold <N>', 'fold of the dataset (that of the recipe where not given)', wholeNumber(1))
    .addOption(
      new Option('--split <SPLIT>', 'side of the fold').choices(['evaluate', 'test', 'train']).default('evaluate'),
    )
    .option(
      '--tta <N>',
      'windows per recording, posteriors averaged (as in the recipe where not given)',
      wholeNumber(1),
    )
    .action((model: string, options: EvaluateOptions) => perform(options, (context) => run(model, options, context)));
}

async function run(path: string, options: EvaluateOptions, context: CommandContext): Promise<CommandResult> {
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
