import type { Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { path, wholeNumber } from '../command/options.js';

export interface PackCommandOptions extends CommonOptions {
  readonly out: string;
  readonly workers?: number;
}

/** `asc dataset pack`. */
export function addPackCommand(dataset: Command, perform: Performer): void {
  subcommand(
    dataset,
    'pack <DIR>',
    'copy a set with its WAV recordings as FLAC, sample for sample the same',
    'asc dataset pack data/TAU-urban-acoustic-scenes-2020-mobile-development --out data/tau2020-flac',
  )
    .requiredOption('--out <DIR>', 'folder of the copy; an interrupted copy is gone on with', path)
    .option('--workers <N>', 'threads (one per core where not given)', wholeNumber(1))
    .action((dir: string, options: PackCommandOptions) =>
      perform(options, async (context) => (await import('../actions/dataset-pack.js')).pack(dir, options, context)),
    );
}
