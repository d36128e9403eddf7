import type { Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';

/** `asc compare`: is one model better than another, or was it luck? */
export function addCompareCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'compare <RUN|FILE.csv...>',
    'put runs and prediction files side by side: settings, scores, paired bootstrap',
    [
      'asc compare runs/base runs/kd',
      'asc compare runs/base-* runs/kd-*             # runs that differ in seed and fold alone are one model',
      'asc compare a1.csv a2.csv vs b1.csv b2.csv    # "vs" says where the next model begins',
    ].join('\n'),
  ).action((paths: readonly string[], options: CommonOptions) =>
    perform(options, async () => (await import('../actions/compare.js')).compare(paths)),
  );
}
