import type { SplitName } from '@asc/data';
import { Option, type Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { path, wholeNumber } from '../command/options.js';
import { weightsOption, type RunWeights } from '../command/run-weights.js';

export interface EvaluateOptions extends CommonOptions {
  readonly dataset?: string;
  readonly fold?: number;
  readonly split: SplitName;
  readonly crops?: number;
  readonly tta?: number;
  readonly predictions?: string;
  readonly report?: string;
  readonly weights?: RunWeights;
}

/** `asc evaluate`: how right a model is on recordings it was not trained on. */
export function addEvaluateCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'evaluate <RUN|FILE.onnx>',
    'score a run or an exported model on a labelled split',
    [
      'asc evaluate runs/amfm --dataset data/esc-scenes --split evaluate',
      'asc evaluate model.int8.onnx --dataset data/esc-scenes --predictions int8.csv --json',
      'asc evaluate runs/amfm --tta 30 --report amfm.html',
    ].join('\n'),
  )
    .option('--dataset <DIR>', 'folder of the dataset (that of the recipe where not given)', path)
    .addOption(weightsOption())
    .option('--fold <N>', 'fold of the dataset (that of the recipe where not given)', wholeNumber(1))
    .addOption(
      new Option('--split <SPLIT>', 'side of the fold').choices(['evaluate', 'test', 'train']).default('evaluate'),
    )
    .option(
      '--crops <N>',
      'windows spread over a longer recording, posteriors averaged (as in the recipe where not given)',
      wholeNumber(1),
    )
    .option(
      '--tta <N>',
      'test-time augmentation: average N randomly shifted and cropped copies (as in the recipe where not given; 0 is off)',
      wholeNumber(0),
    )
    .option('--predictions <FILE>', 'write the posteriors of every recording, as .csv or .json', path)
    .option('--report <FILE.html>', 'write the report as a page of its own, worst mistakes to see and hear', path)
    .action((model: string, options: EvaluateOptions) =>
      perform(options, async (context) => (await import('../actions/evaluate.js')).evaluate(model, options, context)),
    );
}
