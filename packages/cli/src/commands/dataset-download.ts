import type { Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { collect, path, wholeNumber } from '../command/options.js';

export interface DownloadCommandOptions extends CommonOptions {
  readonly root?: string;
  readonly baseUrl?: readonly string[];
  readonly from?: string;
  readonly jobs: number;
}

/** `asc dataset download`. */
export function addDownloadCommand(dataset: Command, perform: Performer): void {
  subcommand(
    dataset,
    'download <NAME>',
    'fetch, verify and unpack a published set; the same command goes on with what was interrupted',
    [
      'asc dataset download tau2020-mobile --root data',
      'asc dataset download tut2017 --root data --from ~/Downloads',
      'asc dataset download tau2022-mobile --root data --base-url https://mirror.example/tau2022/',
    ].join('\n'),
  )
    .option('--root <DIR>', 'folder datasets are kept in (ASC_DATA_DIR, or data, where not given)', path)
    .option('--base-url <URL>', 'fetch the archives from here instead; may be repeated, tried in order', collect)
    .option('--from <DIR>', 'take the archives from this folder; nothing is fetched', path)
    .option('--jobs <N>', 'archives at a time', wholeNumber(1), 3)
    .action((name: string, options: DownloadCommandOptions) =>
      perform(options, async (context) =>
        (await import('../actions/dataset-download.js')).download(name, options, context),
      ),
    );
}
