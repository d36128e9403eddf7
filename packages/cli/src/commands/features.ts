import type { Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { path } from '../command/options.js';

export interface FeaturesOptions extends CommonOptions {
  readonly preset: string;
  readonly out?: string;
  readonly plot?: string;
  readonly list?: boolean;
}

/** `asc features`: the feature map of one recording. */
export function addFeaturesCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'features [AUDIO]',
    'compute the feature map of a recording',
    'asc features street.wav --preset clova2021 -o street.npy --plot street.png\nasc features --list',
  )
    .option('--preset <NAME>', 'front end to use', 'shim2022')
    .option('-o, --out <FILE>', 'write the map as a .npy file, float32 (F, T, C)', path)
    .option('--plot <FILE>', 'draw the map as a .png file', path)
    .option('--list', 'list the front ends instead')
    .action((audio: string | undefined, options: FeaturesOptions) =>
      perform(options, async () => (await import('../actions/features.js')).computeFeatures(audio, options)),
    );
}
