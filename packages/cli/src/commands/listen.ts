import { Option, type Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { positiveNumber, wholeNumber } from '../command/options.js';
import { RAW_FORMATS, type RawFormat } from '../line/raw-samples.js';

export interface ListenOptions extends CommonOptions {
  readonly device?: string;
  readonly rate?: number;
  readonly format?: RawFormat;
  readonly hop: number;
  readonly average: number;
  readonly top: number;
}

const EXAMPLES = [
  'asc listen amfm.onnx',
  'ffmpeg -i street.mp3 -f f32le -ac 1 -ar 48000 - | asc listen amfm.onnx - --rate 48000 --format f32le',
].join('\n');

/** `asc listen`: which scene a microphone is in, again and again. */
export function addListenCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'listen <FILE.onnx> [-]',
    'tell the scene live: of a microphone, or of raw samples on standard input (-)',
    EXAMPLES,
  )
    .option('--device <NAME>', 'microphone, as arecord, ffmpeg or sox name it; - is standard input')
    .option('--rate <HZ>', "of raw samples on standard input (default: the model's)", wholeNumber(1))
    .addOption(
      new Option('--format <NAME>', 'of raw samples on standard input, one channel (default: s16le)').choices(
        RAW_FORMATS,
      ),
    )
    .option('--hop <SECONDS>', 'from one decision to the next', positiveNumber, 1)
    .option('--average <N>', 'windows a decision is the mean of', wholeNumber(1), 5)
    .option('--top <N>', 'number of scenes to tell', wholeNumber(1), 3)
    .addHelpText(
      'after',
      '\nWith --json, every decision is a JSON document on a line of its own.\nCtrl-C ends it, with exit code 0.',
    )
    .action((model: string, input: string | undefined, options: ListenOptions) =>
      perform(options, async (context) =>
        (await import('../actions/listen.js')).listen(model, input, options, context),
      ),
    );
}
