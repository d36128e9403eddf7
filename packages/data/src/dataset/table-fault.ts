import { DataError } from '@asc/core';
import type { TableRow } from './scan-table.js';

/**
 * What is wrong with a row: `contradiction` – it says something else than the file's name or another table; `repeated` – its
 * clip stood before; `unlisted` – a split names a clip that the set's list lacks; `unknown-label`; `both-sides` – a clip to
 * train and to test on.
 */
export type TableFaultKind = 'contradiction' | 'repeated' | 'unlisted' | 'unknown-label' | 'both-sides';

/** A row that cannot be taken as it is. */
export interface TableFault {
  readonly kind: TableFaultKind;
  /** The clip it is about. */
  readonly id: string;
  readonly error: DataError;
}

/** Told of every such row. Without one the first fault is thrown. */
export type OnTableFault = (fault: TableFault) => void;

/** The usual {@link OnTableFault}: a set with a faulty row is not loaded. */
export function throwFault({ error }: TableFault): void {
  throw error;
}

/** A {@link DataError} at a line of a table. */
export function lineError(
  row: TableRow,
  what: string,
  more: { readonly expected?: string; readonly received?: string; readonly hint?: string } = {},
): DataError {
  return new DataError({ what: `${row.file}:${row.line}: ${what}`, ...more });
}
