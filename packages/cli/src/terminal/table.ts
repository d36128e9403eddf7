import { widthOf } from './terminal.js';

/** One column of a {@link table}: its heading, and which side its cells lean to. */
export interface Column {
  readonly heading: string;
  readonly align?: 'left' | 'right';
}

/** Rows of text under headings, columns two spaces apart, no trailing blanks. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const headings = columns.map((column) => column.heading);
  const all = headings.some((heading) => heading !== '') ? [headings, ...rows] : rows;
  const widths = columns.map((_, at) => Math.max(0, ...all.map((row) => widthOf(row[at] ?? ''))));
  const lines = all.map((row) =>
    columns
      .map((column, at) => {
        const cell = row[at] ?? '';
        const blanks = ' '.repeat((widths[at] ?? 0) - widthOf(cell));
        return column.align === 'right' ? blanks + cell : cell + blanks;
      })
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}
