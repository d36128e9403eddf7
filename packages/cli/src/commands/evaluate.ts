import type { SplitName } from '@asc/data';
import { Option, type Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { path, wholeNumber } from '../command/options.js';

export interface EvaluateOptions extends CommonOptions {
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
    .option('--dataset <DIR>', 'folder of the dataset (that of the recipe where not given)', path)
    .option('--fold <N>', 'fold of the dataset (that of the recipe where not given)', wholeNumber(1))
    .addOption(
      new Option('--split <SPLIT>', 'side of the fold').choices(['evaluate', 'test', 'train']).default('evaluate'),
    )
    .option(
      '--tta <N>',
      'windows per recording, posteriors averaged (as in the recipe where not given)',
      wholeNumber(1),
    )
    .action((model: string, options: EvaluateOptions) =>
      perform(options, async (context) => (await import('../actions/evaluate.js')).evaluate(model, options, context)),
    );
}
