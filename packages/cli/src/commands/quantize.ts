import { Option, type Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { path } from '../command/options.js';

export interface QuantizeCommandOptions extends CommonOptions {
  readonly calibrate: string;
  readonly out: string;
  readonly scheme: 'minmax' | 'percentile';
  readonly verify?: boolean;
}

/** `asc quantize`: the same model in int8. */
export function addQuantizeCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'quantize <FILE.onnx>',
    'make an int8 model, and tell what it cost in accuracy',
    'asc quantize amfm.onnx --calibrate runs/amfm -o amfm.int8.onnx --verify',
  )
    .requiredOption('--calibrate <DIR|RUN>', 'dataset, or run that names one: its training side tells the ranges', path)
    .requiredOption('-o, --out <FILE>', 'the .onnx file to write', path)
    .addOption(
      new Option('--scheme <SCHEME>', 'ranges of the activations').choices(['minmax', 'percentile']).default('minmax'),
    )
    .option('--verify', 'score both models on the held-out side')
    .action((file: string, options: QuantizeCommandOptions) =>
      perform(options, async (context) => (await import('../actions/quantize.js')).quantize(file, options, context)),
    );
}
