import type { SplitName } from '@asc/data';
import { Option, type Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { path, wholeNumber } from '../command/options.js';
import { weightsOption, type RunWeights } from '../command/run-weights.js';

export interface SubmitOptions extends CommonOptions {
  readonly about: string;
  readonly out: string;
  readonly dataset?: string;
  readonly fold?: number;
  readonly split: SplitName;
  readonly rule?: string;
  readonly weights?: RunWeights;
}

/** `asc submit`: the folder a DCASE challenge takes. */
export function addSubmitCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'submit <RUN|FILE.onnx>',
    'write a DCASE Task 1 submission: output.csv and meta.yaml',
    'asc submit amfm.int8.onnx --about about.json -o submission --rule dcase2024',
  )
    .requiredOption('--about <FILE.json>', 'label, name, abbreviation and authors of the submission', path)
    .requiredOption('-o, --out <DIR>', 'folder that gets task1/LABEL/', path)
    .option('--dataset <DIR>', 'folder of the dataset (that of the recipe where not given)', path)
    .addOption(weightsOption())
    .option('--fold <N>', 'fold of the dataset (that of the recipe where not given)', wholeNumber(1))
    .addOption(
      new Option('--split <SPLIT>', 'recordings of output.csv; results are those of the evaluate side')
        .choices(['test', 'evaluate'])
        .default('test'),
    )
    .option('--rule <RULE>', 'limits the model must keep, e.g. dcase2024 (none where not given)')
    .action((model: string, options: SubmitOptions) =>
      perform(options, async (context) => (await import('../actions/submit.js')).submit(model, options, context)),
    );
}
