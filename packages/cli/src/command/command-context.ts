import type { AscError } from '@asc/core';
import type { Readable } from 'node:stream';
import type { Terminal } from '../terminal/terminal.js';

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C: stop at the next safe point. */
  readonly signal: AbortSignal;
  readonly stdin: Readable & { readonly isTTY?: boolean };
}

/** What every command gives back: the same facts for a program and for a reader. */
export interface CommandResult {
  /** `undefined` of a command that wrote its JSON line by line. */
  readonly json: unknown;
  readonly text: string;
  /** What went wrong beside a result that is worth showing. */
  readonly failure?: AscError;
}
