import type { AscError } from '@asc/core';
import type { Terminal } from '../terminal/terminal.js';

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C: stop at the next safe point. */
  readonly signal: AbortSignal;
}

/** What every command gives back: the same facts for a program and for a reader. */
export interface CommandResult {
  readonly json: unknown;
  readonly text: string;
  /** What went wrong beside a result that is worth showing. */
  readonly failure?: AscError;
}
