import type { Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { collect, path } from '../command/options.js';

export interface CorruptOptions extends CommonOptions {
  readonly cache: string;
  readonly set?: readonly string[];
  readonly dataset?: string;
}

/** `asc dataset corrupt`. */
export function addCorruptCommand(dataset: Command, perform: Performer): void {
  subcommand(
    dataset,
    'corrupt <RECIPE.json>',
    'code the training clips of a recipe with MP3 and AAC by ffmpeg, ahead of asc train --cache',
    [
      'asc dataset corrupt recipe.json --set augment.codec.kind=ffmpeg --cache features',
      'asc train recipe.json --set augment.codec.kind=ffmpeg --set augment.codec.probability=0.5 --cache features',
    ].join('\n'),
  )
    .requiredOption('--cache <DIR>', 'folder kept for training; what it already holds is not made again', path)
    .option('--set <PATH=VALUE>', 'change a value of the recipe; may be repeated', collect)
    .option('--dataset <DIR>', 'folder of the dataset, in place of the recipe’s', path)
    .action((recipe: string, options: CorruptOptions) =>
      perform(options, async (context) =>
        (await import('../actions/dataset-corrupt.js')).corrupt(recipe, options, context),
      ),
    );
}
