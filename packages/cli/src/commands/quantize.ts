import type { CalibrationMethod, QuantizationScheme } from '@asc/quantize';
import { Option, type Command } from 'commander';
import type { Rounding } from '../line/quantize-model.js';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { path, positiveNumber, wholeNumber } from '../command/options.js';

// The library's lists, without loading it and ONNX Runtime for `asc --help`.
const SCHEMES = Object.keys({ s8s8: 1, u8s8: 1, u8u8: 1 } satisfies Record<QuantizationScheme, 1>);
const CALIBRATIONS = Object.keys({
  minmax: 1,
  'moving-average': 1,
  percentile: 1,
  entropy: 1,
  mse: 1,
} satisfies Record<CalibrationMethod, 1>);

const ROUNDINGS = Object.keys({ nearest: 1, adaptive: 1 } satisfies Record<Rounding, 1>);

/** Options that mean nothing where activations find their own range. */
const OF_CALIBRATION = [
  'calibrate',
  'scheme',
  'calibration',
  'percentile',
  'keepFloat',
  'equalise',
  'rounding',
  'correctBias',
] as const satisfies readonly (keyof QuantizeCommandOptions)[];

export interface QuantizeCommandOptions extends CommonOptions {
  readonly out: string;
  readonly calibrate?: string;
  readonly dynamic?: boolean;
  readonly scheme: QuantizationScheme;
  readonly calibration: CalibrationMethod;
  readonly percentile?: number;
  readonly keepFloat: number;
  readonly equalise?: boolean;
  readonly correctBias?: boolean;
  readonly rounding: Rounding;
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
    .requiredOption('-o, --out <FILE>', 'the .onnx file to write', path)
    .option('--calibrate <DIR|RUN>', 'dataset, or run that names one: its training side tells the ranges', path)
    .addOption(
      new Option(
        '--dynamic',
        'without calibration: weights alone, activations find their range at every run',
      ).conflicts([...OF_CALIBRATION]),
    )
    .addOption(
      new Option('--scheme <SCHEME>', 'types of activations and weights (u8s8: uint8 and int8)')
        .choices(SCHEMES)
        .default('u8s8'),
    )
    .addOption(
      new Option('--calibration <METHOD>', 'how the ranges of activations are told from the recordings')
        .choices(CALIBRATIONS)
        .default('minmax'),
    )
    .option(
      '--percentile <P>',
      'share of the values inside a range, for --calibration percentile (99.999)',
      positiveNumber,
    )
    .option('--keep-float <K>', 'leave the K layers that 8 bits cost most in float32', wholeNumber(0), 0)
    .option('--equalise', 'even out the weights of neighbouring layers first')
    .addOption(
      new Option('--rounding <RULE>', 'weights to the nearest integer, or as the error of their layer is least')
        .choices(ROUNDINGS)
        .default('nearest'),
    )
    .option('--correct-bias', 'take the mean error of every layer off its bias')
    .option('--verify', 'score both models on the held-out side')
    .action((file: string, options: QuantizeCommandOptions) =>
      perform(options, async (context) => (await import('../actions/quantize.js')).quantize(file, options, context)),
    );
}
