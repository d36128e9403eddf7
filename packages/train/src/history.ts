import { DataError, diskError, writeFileAtomic } from '@asc/core';
import { open, readFile } from 'node:fs/promises';
import type { EpochReport } from './epoch-totals.js';

/**
 * Adds a line to a history file and waits until the disk has it.
 *
 * @throws DataError when the disk refuses.
 */
export async function appendHistory(path: string, report: EpochReport): Promise<void> {
  try {
    const file = await open(path, 'a');
    try {
      await file.writeFile(`${JSON.stringify(report)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw diskError(path, cause);
  }
}

/**
 * The reports of a history file, one a line; none where there is no file. A last line cut short by a crash is left out.
 *
 * @throws DataError for any other line that is not a report.
 */
export async function readHistory(path: string): Promise<EpochReport[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new DataError({ what: `Cannot read ${path}.`, received: String(cause) }, { cause });
  });
  // What follows the last line end, mostly nothing, is an epoch that was never written whole.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => {
      try {
        const report = JSON.parse(line) as EpochReport;
        if (Number.isSafeInteger(report.epoch)) return report;
      } catch {
        // Told below, as for a line of other JSON.
      }
      throw new DataError({
        what: `Line ${i + 1} of ${path} is not an epoch report.`,
        received: JSON.stringify(line.slice(0, 60)),
        hint: 'Restore the file or remove that line.',
      });
    });
}

/** Keeps the reports of epochs below `epochs`: what follows was not reached by the last checkpoint and will come again. */
export async function truncateHistory(path: string, epochs: number): Promise<EpochReport[]> {
  const kept = (await readHistory(path)).filter((report) => report.epoch < epochs);
  await writeFileAtomic(path, kept.map((report) => `${JSON.stringify(report)}\n`).join(''));
  return kept;
}
