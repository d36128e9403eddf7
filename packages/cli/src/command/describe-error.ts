import { AscError } from '@asc/core';
import type { Palette } from '../terminal/terminal.js';

/** What the common failures of the file system mean to a user. */
const SYSTEM: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOENT: ['does not exist', 'Check the path.'],
  EACCES: ['may not be opened', 'Check its permissions.'],
  EPERM: ['may not be changed', 'Check its permissions.'],
  EROFS: ['lies on a read-only disk', 'Write somewhere else.'],
  ENOSPC: ['does not fit: the disk is full', 'Free some space, or write somewhere else.'],
  EDQUOT: ['does not fit: your quota is used up', 'Free some space, or write somewhere else.'],
  EISDIR: ['is a directory', 'Name a file.'],
  ENOTDIR: ['runs through a file, not a directory', 'Check the path.'],
  EEXIST: ['already exists', 'Choose another name, or remove it first.'],
  ENOTEMPTY: ['is not empty', 'Choose another directory, or empty it first.'],
  EMFILE: ['could not be opened: too many open files', 'Raise the limit (ulimit -n).'],
};

/** Two or three lines that say what went wrong and what to do; the stack only where asked for. */
export function describeError(error: unknown, palette: Palette, debug = false): string {
  const lines = plainLines(error);
  const [first = '', ...rest] = lines;
  const text = [`${palette.red('error:')} ${first}`, ...rest.map((line) => `  ${line}`)].join('\n');
  if (!debug || !(error instanceof Error)) return text;
  const stacks: string[] = [];
  for (let each: unknown = error; each instanceof Error; each = each.cause) stacks.push(each.stack ?? each.message);
  return `${text}\n${stacks.join('\ncaused by ')}`;
}

function plainLines(error: unknown): readonly string[] {
  if (error instanceof AscError) return error.message.split('\n');
  if (error instanceof Error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    const known = code === undefined ? undefined : SYSTEM[code];
    if (known !== undefined) return [`${path ?? 'The output'} ${known[0]}.`, known[1]];
    return [`Unexpected failure: ${message.split('\n')[0]}`, 'Run again with --debug to see where it happened.'];
  }
  return [`Unexpected failure: ${String(error)}`];
}
