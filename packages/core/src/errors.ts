/** The parts of a message that teaches: what is wrong, what was expected, what came, what to do. */
export interface ErrorParts {
  readonly what: string;
  readonly expected?: string;
  readonly received?: string;
  readonly hint?: string;
}

function compose(parts: ErrorParts): string {
  const lines = [parts.what];
  if (parts.expected !== undefined || parts.received !== undefined) {
    const halves: string[] = [];
    if (parts.expected !== undefined) halves.push(`expected ${parts.expected}`);
    if (parts.received !== undefined) halves.push(`received ${parts.received}`);
    lines.push(halves.join(', '));
  }
  if (parts.hint !== undefined) lines.push(parts.hint);
  return lines.join('\n');
}

/** Base of every error the toolkit raises on purpose: two or three lines a user can act on. */
export class AscError extends Error {
  readonly parts: ErrorParts;
  constructor(parts: ErrorParts, options?: { readonly cause?: unknown }) {
    super(compose(parts), options);
    this.name = new.target.name;
    this.parts = parts;
  }
}

/** The caller's argument, recipe or option is wrong: nothing was done. */
export class UsageError extends AscError {}

/** A file or dataset is missing, damaged or not what it claims to be. */
export class DataError extends AscError {}

/** A function cannot be traced into a graph (unknown kernel, hidden randomness, data-dependent read). */
export class TraceError extends AscError {}
