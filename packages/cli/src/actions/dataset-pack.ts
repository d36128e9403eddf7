import { packDataset } from '@asc/data';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import type { PackCommandOptions } from '../commands/dataset-pack.js';
import { countingDisplay } from '../terminal/counting-display.js';
import { formatBytes, formatCount, formatPercent } from '../terminal/format.js';

/** Copies a set with its recordings as FLAC. */
export async function pack(
  dir: string,
  { out, workers }: PackCommandOptions,
  { terminal, signal }: CommandContext,
): Promise<CommandResult> {
  const onProgress = countingDisplay(terminal, 'files packed');
  const report = await stopOnAbort(
    signal,
    () => packDataset(dir, out, { signal, onProgress, ...(workers === undefined ? {} : { workers }) }),
    'What is packed is kept: run the same command again to go on.',
  );
  const { folder, packed, copied, tables, bytesBefore, bytesAfter } = report;
  const share = bytesBefore === 0 ? '' : ` (${formatPercent(bytesAfter / bytesBefore)})`;
  return {
    json: report,
    text: [
      `${folder}: ${formatCount(packed)} recordings packed, ${formatBytes(bytesBefore)} → ${formatBytes(bytesAfter)}${share}`,
      `${formatCount(copied)} other files and ${formatCount(tables)} tables taken over`,
    ].join('\n'),
  };
}
