import type { SplitName } from '@asc/data';
import { Option, type Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { path, wholeNumber } from '../command/options.js';
import { weightsOption, type RunWeights } from '../command/run-weights.js';

export interface TeachOptions extends CommonOptions {
  readonly out: string;
  readonly dataset?: string;
  readonly fold?: number;
  readonly split: SplitName;
  readonly crops?: number;
  readonly weights?: RunWeights;
}

/** `asc teach`: what a trained model says of the training clips, for a smaller one to learn from. */
export function addTeachCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'teach <RUN|FILE.onnx>',
    'store what a model says of the training clips, for a student to learn from',
    [
      'asc teach runs/large -o large.safetensors',
      'asc train student.json --set \'distillation={"kind":"teachers","teachers":[{"file":"large.safetensors"}]}\'',
    ].join('\n'),
  )
    .requiredOption('-o, --out <FILE.safetensors>', 'where the logits go, keyed by clip id', path)
    .option('--dataset <DIR>', 'folder of the dataset (that of the recipe where not given)', path)
    .addOption(weightsOption())
    .option('--fold <N>', 'fold of the dataset (that of the recipe where not given)', wholeNumber(1))
    .addOption(
      new Option('--split <SPLIT>', 'side of the fold').choices(['train', 'evaluate', 'test']).default('train'),
    )
    .option(
      '--crops <N>',
      'windows spread over a longer recording, posteriors averaged (as in the recipe where not given)',
      wholeNumber(1),
    )
    .action((model: string, options: TeachOptions) =>
      perform(options, async (context) => (await import('../actions/teach.js')).teach(model, options, context)),
    );
}
