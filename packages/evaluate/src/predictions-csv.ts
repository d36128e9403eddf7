import { DataError, type Prediction, type Predictions } from '@asc/core';
import { parseCsv } from './parse-csv.js';

const FIXED = ['id', 'scene', 'device'] as const;

/**
 * Predictions as CSV (RFC 4180, line feeds): `id,scene,device` and one column of probabilities a label. What is not known
 * is empty; numbers are written so that reading gives back the same ones.
 */
export function predictionsToCsv({ labels, rows }: Predictions): string {
  const line = (cells: readonly string[]): string => `${cells.map(quote).join(',')}\n`;
  const body = rows.map(({ id, scene, device, probabilities }) => {
    return line([id, scene ?? '', device ?? '', ...probabilities.map(String)]);
  });
  return [line([...FIXED, ...labels]), ...body].join('');
}

/**
 * Predictions from the CSV of {@link predictionsToCsv}, or the same from a spreadsheet (quoted cells, other line ends, a
 * byte order mark). Whether rows are posteriors is for {@link evaluate} to say.
 *
 * @throws DataError naming `name` and the line: other columns, a row of another length, or a cell that is not a number.
 */
export function predictionsFromCsv(text: string, name: string): Predictions {
  const [header = { line: 1, cells: [] }, ...lines] = parseCsv(text, name);
  const labels = header.cells.slice(FIXED.length);
  if (FIXED.some((column, i) => header.cells[i] !== column) || labels.length === 0) {
    throw new DataError({
      what: `${name} does not hold predictions.`,
      expected: `the columns ${FIXED.join(',')} and one for each label`,
      received: header.cells.join(',').slice(0, 80) || 'an empty file',
      hint: 'asc evaluate MODEL --predictions FILE.csv writes such a file.',
    });
  }
  const rows = lines.map(({ line, cells }): Prediction => {
    const [id = '', scene = '', device = '', ...numbers] = cells;
    const fail = (expected: string, received: string): never => {
      throw new DataError({ what: `Line ${line} of ${name} is not a prediction.`, expected, received });
    };
    if (numbers.length !== labels.length) fail(`${FIXED.length + labels.length} cells`, `${cells.length}`);
    const probabilities = numbers.map((cell) => {
      const value = cell.trim() === '' ? NaN : Number(cell);
      return Number.isNaN(value) ? fail('numbers', JSON.stringify(cell)) : value;
    });
    return { id, scene: scene === '' ? undefined : scene, device: device === '' ? undefined : device, probabilities };
  });
  return { labels, rows };
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
