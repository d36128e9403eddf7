import type { Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { path, positiveNumber, wholeNumber } from '../command/options.js';
import { addCorruptCommand } from './dataset-corrupt.js';
import { addDownloadCommand } from './dataset-download.js';
import { addPackCommand } from './dataset-pack.js';

export interface SynthOptions extends CommonOptions {
  readonly out: string;
  readonly hours?: number;
  readonly clipsPerScene?: number;
  readonly clipSeconds: number;
  readonly seed: number;
}

export interface VerifyOptions extends CommonOptions {
  readonly root?: string;
  readonly deep: boolean;
}

/** `asc dataset`: what can be trained on. */
export function addDatasetCommand(program: Command, perform: Performer): void {
  const dataset = program.command('dataset').description('list, download, make, pack or check datasets');

  subcommand(dataset, 'list', 'list the published sets and the layouts a dataset may have', 'asc dataset list').action(
    (options: CommonOptions) =>
      perform(options, async () => (await import('../actions/dataset-list.js')).listDatasets()),
  );

  addDownloadCommand(dataset, perform);
  addPackCommand(dataset, perform);

  subcommand(
    dataset,
    'synth',
    'make the synthetic scene dataset',
    'asc dataset synth --out data/synthetic --hours 2\nasc dataset synth --out tiny --clips-per-scene 20 --clip-seconds 2',
  )
    .requiredOption('--out <DIR>', 'folder of the set; an interrupted set is gone on with', path)
    .option('--hours <H>', 'length of the whole set (1 where neither is given)', positiveNumber)
    .option('--clips-per-scene <N>', 'number of recordings of each of the ten scenes, at least 15', wholeNumber(1))
    .option('--clip-seconds <S>', 'length of a recording', positiveNumber, 10)
    .option('--seed <N>', 'equal seeds give equal sets', wholeNumber(0), 0)
    .action((options: SynthOptions) =>
      perform(options, async (context) => (await import('../actions/dataset.js')).synthesise(options, context)),
    );

  subcommand(
    dataset,
    'verify <NAME>',
    'tell what is missing, extra, damaged or mislabelled in a published set, or in any folder of recordings',
    'asc dataset verify tau2020-mobile --root data\nasc dataset verify recordings --json',
  )
    .option('--root <DIR>', 'where the published set lies: its folder, or the one above', path)
    .option('--deep', 'decode every recording, and check the sums of archives that are still there', false)
    .action((name: string, options: VerifyOptions) =>
      perform(options, async (context) =>
        (await import('../actions/dataset-verify.js')).verify(name, options, context),
      ),
    );

  addCorruptCommand(dataset, perform);
}
