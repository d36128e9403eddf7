import type { Score, Spread } from './score.js';

/** Rows under a heading row, columns two spaces apart, the first leaning left and the others right, no trailing blanks. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  const lines = rows.map((row) =>
    widths
      .map((width, at) => (at === 0 ? (row[at] ?? '').padEnd(width) : (row[at] ?? '').padStart(width)))
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}

/** `median (min–max)`. */
export function formatSpread({ median, min, max }: Spread, decimals: number): string {
  return `${median.toFixed(decimals)} (${min.toFixed(decimals)}–${max.toFixed(decimals)})`;
}

/** Scores as a table; `clipsPerRun` turns milliseconds into clips a second. */
export function scoreTable(scores: readonly Score[], what: string, clipsPerRun: number): string {
  const compared = scores.some(({ ratio }) => ratio !== undefined);
  const heading = ['', `ms ${what}`, 'clips/s', ...(compared ? ['throughput / best peer'] : [])];
  const rows = scores.map(({ name, ms, ratio }) => [
    name,
    formatSpread(ms, ms.median < 100 ? 2 : 0),
    ((1000 * clipsPerRun) / ms.median).toFixed(1),
    ...(ratio === undefined ? [] : [formatSpread(ratio, 2)]),
  ]);
  return textTable([heading, ...rows]);
}
