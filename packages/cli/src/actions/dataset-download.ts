import { datasetEntry, downloadDataset } from '@asc/data';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import type { DownloadCommandOptions } from '../commands/dataset-download.js';
import { downloadDisplay } from '../terminal/download-display.js';
import { formatBytes, formatCount } from '../terminal/format.js';

/** Brings a published set onto the disk. */
export async function download(
  name: string,
  options: DownloadCommandOptions,
  { terminal, signal }: CommandContext,
): Promise<CommandResult> {
  const entry = datasetEntry(name);
  const root = options.root ?? process.env['ASC_DATA_DIR'] ?? 'data';
  const bytes = entry.archives.reduce((sum, archive) => sum + archive.bytes, 0);
  if (bytes > 0)
    terminal.note(`${entry.title}: ${entry.archives.length} archives, ${formatBytes(bytes)}; ${entry.licence}`);
  const { baseUrl: baseUrls, from, jobs } = options;
  const report = await stopOnAbort(
    signal,
    () =>
      downloadDataset(entry, root, {
        jobs,
        signal,
        onProgress: downloadDisplay(terminal),
        ...(baseUrls === undefined ? {} : { baseUrls }),
        ...(from === undefined ? {} : { from }),
      }),
    'What came so far is kept: run the same command again to go on.',
  );
  const { folder, unpacked, present, files } = report;
  return {
    json: { name: entry.name, ...report },
    text: [
      `${folder}: ${formatCount(files)} files of ${entry.archives.length} archives, ${unpacked.length} unpacked now and ${present.length} before`,
      `next: asc dataset verify ${folder}`,
    ].join('\n'),
  };
}
