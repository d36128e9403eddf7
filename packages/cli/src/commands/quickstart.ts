import type { Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { path, positiveNumber } from '../command/options.js';

export interface QuickstartOptions extends CommonOptions {
  readonly out: string;
  readonly seconds: number;
}

/** `asc quickstart`: the whole line on invented scenes. */
export function addQuickstartCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'quickstart',
    'the whole line in about two minutes: make a dataset, train, evaluate, export, shrink, predict',
    'asc quickstart\nasc quickstart --out demo --seconds 30',
  )
    .option('--out <DIR>', 'folder for everything made', path, 'quickstart')
    .option('--seconds <N>', 'stop training after so long', positiveNumber, 75)
    .action((options: QuickstartOptions) =>
      perform(options, async (context) => (await import('../actions/quickstart.js')).quickstart(options, context)),
    );
}
