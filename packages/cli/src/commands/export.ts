import { Option, type Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { path } from '../command/options.js';
import { weightsOption, type RunWeights } from '../command/run-weights.js';

export interface ExportOptions extends CommonOptions {
  readonly out: string;
  readonly input: 'waveform' | 'features';
  readonly fp16?: boolean;
  readonly weights?: RunWeights;
}

/** `asc export`: a run becomes one file that needs nothing else. */
export function addExportCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'export <RUN>',
    'write a run as one ONNX file that knows its labels, sample rate and front end',
    'asc export runs/amfm -o amfm.onnx\nasc export runs/amfm -o amfm.fp16.onnx --input features --fp16',
  )
    .requiredOption('-o, --out <FILE>', 'the .onnx file to write', path)
    .addOption(
      new Option('--input <KIND>', 'what the file takes: raw samples (front end inside) or feature maps')
        .choices(['waveform', 'features'])
        .default('waveform'),
    )
    .addOption(weightsOption())
    .option('--fp16', 'store the weights in half precision')
    .action((run: string, options: ExportOptions) =>
      perform(options, async () => (await import('../actions/export.js')).exportFile(run, options)),
    );
}
