import { readFile } from 'node:fs/promises';
import { DataError } from '@asc/core';

/** One line of a table: its fields by column name, and where it stands (1-based) for error messages. */
export interface TableRow {
  readonly line: number;
  /** The field of a column, trimmed; `undefined` where the table has no such column. */
  field(column: string): string | undefined;
}

/** A tab-separated file with a header line. */
export interface Table {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

/**
 * Reads a tab-separated file with a header; columns are found by name. A byte-order mark, Windows line ends and blank
 * lines are tolerated.
 *
 * @throws DataError when the file is missing, unreadable, not UTF-8, empty, lacks one of the `required` columns, repeats a column, or has
 * a row with more or fewer fields than the header.
 */
export async function readTable(file: string, required: readonly string[]): Promise<Table> {
  return parseTable(await readText(file), file, required);
}

async function readText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new DataError(
      {
        what: `Cannot read ${file}.`,
        expected: 'a tab-separated table',
        received: code === 'ENOENT' ? 'no such file' : code,
        hint: 'Check that the dataset root is the folder that holds meta.csv and evaluation_setup/.',
      },
      { cause },
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError(
      { what: `${file} is not a text file.`, expected: 'UTF-8', received: 'bytes that are not UTF-8' },
      { cause },
    );
  }
}

/** The same, from text already read; `file` only names it in errors. */
export function parseTable(text: string, file: string, required: readonly string[]): Table {
  // TextDecoder drops a byte-order mark; text from elsewhere may still carry it.
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split(/\r\n|\n|\r/);
  const headerAt = lines.findIndex((line) => line.trim() !== '');
  if (headerAt < 0) {
    throw new DataError({ what: `${file} is empty.`, expected: `a header with ${required.join(', ')}` });
  }
  const columns = (lines[headerAt] ?? '').split('\t').map((name) => name.trim());
  const missing = required.filter((name) => !columns.includes(name));
  const repeated = columns.find((name, i) => columns.indexOf(name) !== i);
  if (missing.length > 0 || repeated !== undefined) {
    throw new DataError({
      what: `${file}:${headerAt + 1}: ${missing.length > 0 ? `no column ${missing.join(', ')}` : `column ${repeated} stands twice`}.`,
      expected: `tab-separated columns with ${required.join(', ')}`,
      received: columns.join(', '),
      hint: 'The first line must be the header; fields are separated by tabs, not commas.',
    });
  }
  const indexOf = new Map(columns.map((name, i) => [name, i]));
  const rows: TableRow[] = [];
  for (let i = headerAt + 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (line.trim() === '') continue;
    const fields = line.split('\t');
    if (fields.length !== columns.length) {
      throw new DataError({
        what: `${file}:${i + 1}: wrong number of fields.`,
        expected: `${columns.length} (${columns.join(', ')})`,
        received: `${fields.length}`,
      });
    }
    rows.push({
      line: i + 1,
      field: (column) => {
        const at = indexOf.get(column);
        return at === undefined ? undefined : (fields[at] ?? '').trim();
      },
    });
  }
  return { file, columns, rows };
}
