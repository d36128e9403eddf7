import type { Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { collect, path, positiveNumber, wholeNumber } from '../command/options.js';

export interface TrainOptions extends CommonOptions {
  readonly out: string;
  readonly set?: readonly string[];
  readonly dataset?: string;
  readonly cache?: string;
  readonly cacheGigabytes?: number;
  readonly threads?: number;
  readonly resume?: boolean;
  readonly smoke?: boolean;
}

/** `asc train`: a recipe becomes a run. */
export function addTrainCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'train <RECIPE.json>',
    'train a recipe',
    [
      'asc train recipes/esc-scenes/amfm-small.json --out runs/amfm',
      'asc train recipe.json --set epochs=20 --set optimiser.learningRate=5e-4 --out runs/short',
      'asc train runs/amfm/recipe.json --out runs/amfm --resume',
      'asc train recipes/shim2022/amfm.json --smoke',
    ].join('\n'),
  )
    .option('--out <RUN>', 'folder of the run (runs/<name of the recipe> where not given)', path)
    .option('--set <PATH=VALUE>', 'change a value of the recipe; may be repeated', collect)
    .option('--dataset <DIR>', 'folder of the dataset, in place of the recipe’s', path)
    .option('--cache <DIR>', 'keep feature maps in this folder for later runs', path)
    .option('--cache-gigabytes <N>', 'most the cache may take; what is unused for longest goes', positiveNumber)
    .option('--threads <N>', 'threads of a training step (one per core where not given)', wholeNumber(1))
    .option('--smoke', 'rehearse: every part of the recipe, but small, on a few synthetic clips')
    .option('--resume', 'go on with the run in RUN, if there is one')
    .action((recipe: string, options: TrainOptions) =>
      perform(options, async (context) => (await import('../actions/train.js')).train(recipe, options, context)),
    );
}
