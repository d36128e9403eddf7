import { DataError, UsageError } from '@asc/core';
import { access, appendFile, constants, mkdir, readFile } from 'node:fs/promises';

/** One line of results; every row of a file has the same keys in the same order. */
export type CsvRow = Readonly<Record<string, string | number>>;

/** Lines of RFC 4180, heading first, each ended by a newline. @throws UsageError where the rows have different keys. */
export function formatCsv(rows: readonly CsvRow[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const keys = Object.keys(first);
  for (const row of rows) {
    if (Object.keys(row).join() === keys.join()) continue;
    throw new UsageError({
      what: 'The rows of one table have different columns.',
      expected: keys.join(', '),
      received: Object.keys(row).join(', '),
    });
  }
  return [keys, ...rows.map((row) => Object.values(row))].map((cells) => `${cells.map(quote).join(',')}\n`).join('');
}

/**
 * Appends rows to the table in `path`, which is made where it does not exist.
 *
 * @throws DataError where the table there has other columns: what was measured before is never mixed or lost.
 */
export async function appendCsv(path: string, rows: readonly CsvRow[]): Promise<void> {
  if (rows.length === 0) return;
  const text = formatCsv(rows);
  const heading = text.slice(0, text.indexOf('\n') + 1);
  const present = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (present !== '' && !present.startsWith(heading)) {
    throw new DataError({
      what: `${path} has other columns than these results.`,
      expected: heading.trimEnd(),
      received: present.split('\n', 1)[0] ?? '',
      hint: 'Move the file away, or give another folder with --out.',
    });
  }
  await appendFile(path, present === '' ? text : text.slice(heading.length));
}

/** Makes the folder of the tables, before anything is measured. @throws DataError where it cannot be written to. */
export async function prepareFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (cause) {
    throw new DataError(
      {
        what: `Results cannot be written to ${path}.`,
        received: cause instanceof Error ? cause.message : String(cause),
      },
      { cause },
    );
  }
}

function quote(cell: string | number): string {
  const text = typeof cell === 'number' ? String(Number(cell.toPrecision(6))) : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
