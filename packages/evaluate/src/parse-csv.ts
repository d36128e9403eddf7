import { DataError } from '@asc/core';

/** One record of a CSV file and the line it begins on, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A cell, quoted or plain, and what ends it. */
const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

/**
 * The records of a CSV text (RFC 4180): quoted cells may hold commas, quotes and line breaks; blank lines are left out.
 *
 * @throws DataError naming `name` and the line where a quote is out of place.
 */
export function parseCsv(text: string, name: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  const source = text.replace(/^\uFEFF/, '');
  let cells: string[] = [];
  let [at, line, begun] = [0, 1, 1];
  while (at < source.length || cells.length > 0) {
    CELL.lastIndex = at;
    const match = CELL.exec(source);
    if (match === null) {
      throw new DataError({
        what: `Line ${line} of ${name} is not CSV.`,
        expected: 'a quote to open and close a whole cell, doubled inside it',
        received: JSON.stringify(source.slice(at, at + 40)),
      });
    }
    const [whole, quoted, plain = '', end] = match;
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    at += whole.length;
    line += whole.split(/\r\n|\n|\r/).length - 1;
    if (end === ',') continue;
    if (cells.length > 1 || cells[0] !== '') records.push({ line: begun, cells });
    cells = [];
    begun = line;
  }
  return records;
}
