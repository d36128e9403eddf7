import type { Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { wholeNumber } from '../command/options.js';

export interface PredictOptions extends CommonOptions {
  readonly top: number;
}

/** `asc predict`: which scene a recording was made in. */
export function addPredictCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'predict <FILE.onnx> <AUDIO...>',
    'tell the scene of recordings of any length, rate and format (WAV, FLAC, MP3)',
    'asc predict amfm.onnx street.wav park.flac --top 3',
  )
    .option('--top <N>', 'number of scenes to tell', wholeNumber(1), 3)
    .action((model: string, audio: string[], options: PredictOptions) =>
      perform(options, async (context) =>
        (await import('../actions/predict.js')).predict(model, audio, options, context),
      ),
    );
}
