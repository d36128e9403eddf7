import { open } from 'node:fs/promises';
import { DataError } from '@asc/core';

/** One line of a table: its fields by column name, and where it stands (1-based) for error messages. Borrowed: valid until the next line. */
export interface TableRow {
  /** The table's file. */
  readonly file: string;
  readonly line: number;
  /** The field of a column, trimmed; `undefined` where the table has no such column. */
  field(column: string): string | undefined;
}

/** How a table is written. */
export interface TableFormat {
  /** What stands between fields. `comma` tables may quote fields and may have blanks after commas. */
  readonly separator: 'tab' | 'comma';
  /**
   * `header`: the first line names the columns, of which these are needed. `none`: there is no such line, and the columns
   * are these in this order, of which the last may be missing down to `atLeast`.
   */
  readonly header:
    { readonly required: readonly string[] } | { readonly columns: readonly string[]; readonly atLeast: number };
  /** Lines that begin with this are no rows. */
  readonly comment?: string;
}

/** Longest line in characters: a file without line ends must not be gathered whole. */
const MAX_LINE = 1 << 16;
/** Small, so that little of a piece is alive whenever memory is collected: 230,000 rows then cost no more than 2,000. */
const PIECE_BYTES = 1 << 14;

/**
 * Reads a table a piece at a time and hands every row to `onRow`, so that memory does not grow with the file. A byte-order
 * mark, any line ends and blank lines are tolerated.
 *
 * @returns the number of rows.
 * @throws DataError when the file is missing, unreadable, not UTF-8, has no header, lacks a needed column, repeats one, or
 * has a row with too many or too few fields; whatever `onRow` throws.
 */
export async function scanTable(file: string, format: TableFormat, onRow: (row: TableRow) => void): Promise<number> {
  const scanner = rowScanner(file, format, onRow);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const handle = await open(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  try {
    const bytes = new Uint8Array(PIECE_BYTES);
    let carry = '';
    for (;;) {
      const { bytesRead } = await handle.read(bytes, 0, PIECE_BYTES).catch((cause: unknown) => {
        throw unreadable(file, cause);
      });
      const ended = bytesRead === 0;
      const text = carry + decode(file, () => decoder.decode(bytes.subarray(0, bytesRead), { stream: !ended }));
      const from = scanLines(text, ended, (line) => scanner.line(line));
      if (ended) return scanner.end();
      carry = text.slice(from);
      if (carry.length > MAX_LINE) {
        throw new DataError({ what: `${file} is no table.`, expected: `lines of at most ${MAX_LINE} characters` });
      }
    }
  } finally {
    await handle.close();
  }
}

/** Hands over every line that is sure to have ended, and says where the rest begins. */
function scanLines(text: string, ended: boolean, onLine: (line: string) => void): number {
  const lineEnd = /\r\n|\n|\r/g;
  let from = 0;
  for (let match = lineEnd.exec(text); match !== null; match = lineEnd.exec(text)) {
    // The newline of a carriage return that ends this piece may begin the next.
    if (!ended && match[0] === '\r' && match.index === text.length - 1) return from;
    onLine(text.slice(from, match.index));
    from = lineEnd.lastIndex;
  }
  if (ended) onLine(text.slice(from));
  return from;
}

function decode(file: string, text: () => string): string {
  try {
    return text();
  } catch (cause) {
    throw new DataError(
      { what: `${file} is not a text file.`, expected: 'UTF-8', received: 'bytes that are not UTF-8' },
      { cause },
    );
  }
}

function unreadable(file: string, cause: unknown): DataError {
  const { code } = cause as NodeJS.ErrnoException;
  return new DataError(
    {
      what: `Cannot read ${file}.`,
      expected: 'a table',
      received: code === 'ENOENT' ? 'no such file' : String(code),
      hint: 'Check that the dataset root is the folder the set was unpacked into.',
    },
    { cause },
  );
}

function rowScanner(
  file: string,
  { separator, header, comment }: TableFormat,
  onRow: (row: TableRow) => void,
): { line(text: string): void; end(): number } {
  const split = separator === 'tab' ? (line: string) => line.split('\t') : splitCommas;
  let columns = 'columns' in header ? header.columns : undefined;
  const indexOf = new Map((columns ?? []).map((name, i) => [name, i]));
  let fields: readonly string[] = [];
  let at = 0;
  let rows = 0;
  const row: TableRow = {
    file,
    get line() {
      return at;
    },
    field(column) {
      const index = indexOf.get(column);
      return index === undefined ? undefined : fields[index]?.trim();
    },
  };
  return {
    line(text) {
      at++;
      if (text.trim() === '' || (comment !== undefined && text.startsWith(comment))) return;
      fields = split(text);
      if (columns === undefined) {
        columns = fields.map((name) => name.trim());
        checkHeader(file, at, columns, separator, 'required' in header ? header.required : []);
        columns.forEach((name, i) => indexOf.set(name, i));
        return;
      }
      const atLeast = 'atLeast' in header ? header.atLeast : columns.length;
      if (fields.length > columns.length || fields.length < atLeast)
        throw wrongFields(file, at, columns, atLeast, fields);
      rows++;
      onRow(row);
    },
    end() {
      if (columns !== undefined) return rows;
      const required = 'required' in header ? header.required : [];
      throw new DataError({ what: `${file} is empty.`, expected: `a header with ${required.join(', ')}` });
    },
  };
}

function checkHeader(
  file: string,
  line: number,
  columns: readonly string[],
  separator: TableFormat['separator'],
  required: readonly string[],
): void {
  const missing = required.filter((name) => !columns.includes(name));
  const repeated = columns.find((name, i) => columns.indexOf(name) !== i);
  if (missing.length === 0 && repeated === undefined) return;
  const [between, other] = separator === 'tab' ? ['tabs', 'commas'] : ['commas', 'tabs'];
  throw new DataError({
    what: `${file}:${line}: ${missing.length > 0 ? `no column ${missing.join(', ')}` : `column ${repeated} stands twice`}.`,
    expected: `columns with ${required.join(', ')}`,
    received: columns.join(', '),
    hint: `The first line must be the header; fields are separated by ${between}, not ${other}.`,
  });
}

function wrongFields(
  file: string,
  line: number,
  columns: readonly string[],
  atLeast: number,
  fields: readonly string[],
): DataError {
  const count = atLeast === columns.length ? `${atLeast}` : `${atLeast} to ${columns.length}`;
  return new DataError({
    what: `${file}:${line}: wrong number of fields.`,
    expected: `${count} (${columns.join(', ')})`,
    received: `${fields.length}`,
  });
}

/** Fields between commas; a quoted field may hold commas, and doubled quotes stand for one. */
function splitCommas(line: string): string[] {
  const fields: string[] = [];
  const field = /\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(,|$)/y;
  for (;;) {
    const from = field.lastIndex;
    const match = field.exec(line);
    // A quote that does not end, or text after one: the rest is one field as it stands.
    if (match === null) return [...fields, line.slice(from)];
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') return fields;
  }
}
