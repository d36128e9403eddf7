import type { LoadTauOptions, SplitName } from '@asc/data';
import { Option, type Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { path, wholeNumber } from '../command/options.js';
import { weightsOption, type RunWeights } from '../command/run-weights.js';

export type TrainPercent = NonNullable<LoadTauOptions['trainPercent']>;
// The library's list, without loading it for `asc --help`.
const PERCENTS = Object.keys({ 5: 1, 10: 1, 25: 1, 50: 1, 100: 1 } satisfies Record<TrainPercent, 1>);

export interface SubmitOptions extends CommonOptions {
  readonly about: string;
  readonly out: string;
  readonly dataset?: string;
  readonly fold?: number;
  readonly split: SplitName;
  readonly rule?: string;
  readonly trainPercent?: `${TrainPercent}`;
  readonly weights?: RunWeights;
}

/** `asc submit`: the folder a DCASE challenge takes. */
export function addSubmitCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'submit <RUN|FILE.onnx>',
    'write a DCASE Task 1 submission: output.csv and meta.yaml',
    'asc submit amfm.int8.onnx --about about.json -o submission --rule dcase2022',
  )
    .requiredOption('--about <FILE.json>', 'label, name, abbreviation and authors of the submission', path)
    .requiredOption('-o, --out <DIR>', 'folder that gets task1/LABEL/', path)
    .option(
      '--dataset <DIR>',
      'folder of the dataset, or of an evaluation set (that of the recipe where not given)',
      path,
    )
    .addOption(weightsOption())
    .option('--fold <N>', 'fold of the dataset (that of the recipe where not given)', wholeNumber(1))
    .addOption(
      new Option('--split <SPLIT>', 'recordings of output.csv; results are those of the evaluate side')
        .choices(['test', 'evaluate'])
        .default('test'),
    )
    .option('--rule <RULE>', 'limits the model must keep, e.g. dcase2024 (none where not given)')
    .addOption(
      new Option('--train-percent <P>', 'names the output of 2024 (that of the recipe where not given)').choices(
        PERCENTS,
      ),
    )
    .action((model: string, options: SubmitOptions) =>
      perform(options, async (context) => (await import('../actions/submit.js')).submit(model, options, context)),
    );
}
