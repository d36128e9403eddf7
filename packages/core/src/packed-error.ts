import { AscError, DataError, type ErrorParts, TraceError, UsageError } from './errors.js';

/** An error as it travels between threads, where classes and extra fields get lost. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly parts: ErrorParts | undefined;
  readonly code: string | undefined;
}

/** Error classes that keep their class across threads, by name; those with `parts` are rebuilt from them. */
const ERROR_CLASSES = {
  teaching: { AscError, DataError, TraceError, UsageError },
  plain: { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError },
} as const;

/** Whatever was thrown, as plain data. */
export function packError(thrown: unknown): PackedError {
  if (!(thrown instanceof Error)) {
    return { name: 'Error', message: String(thrown), stack: undefined, parts: undefined, code: undefined };
  }
  const { name, message, stack } = thrown;
  const { code } = thrown as { readonly code?: unknown };
  const parts = thrown instanceof AscError ? thrown.parts : undefined;
  return { name, message, stack, parts, code: typeof code === 'string' ? code : undefined };
}

/** The error again: same class where it is a known one, same message and parts, and the stack of the thread it came from. */
export function unpackError(packed: PackedError): Error {
  const error = rebuild(packed);
  if (packed.stack !== undefined) error.stack = packed.stack;
  return packed.code === undefined ? error : Object.assign(error, { code: packed.code });
}

function rebuild({ name, message, parts }: PackedError): Error {
  if (parts !== undefined) {
    const known = Object.entries(ERROR_CLASSES.teaching).find(([key]) => key === name)?.[1] ?? AscError;
    return new known(parts);
  }
  const known = Object.entries(ERROR_CLASSES.plain).find(([key]) => key === name)?.[1];
  if (known !== undefined) return new known(message);
  const error = new Error(message);
  error.name = name;
  return error;
}
