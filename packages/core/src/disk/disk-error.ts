import { DataError } from '../errors.js';

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space and run again; what was written before is whole.',
  EDQUOT: 'Your quota is used up: free some space and run again; what was written before is whole.',
  EFBIG: 'The file is larger than this disk, or a limit of this user, allows: choose another folder.',
  EROFS: 'The disk is read-only: choose another folder.',
  EACCES: 'This user may not write there: choose another folder, or change its permissions.',
  EPERM: 'This user may not write there: choose another folder, or change its permissions.',
  ENOENT: 'There is no such folder: check the path, or make it first.',
  EEXIST: 'There is a file of that name: choose another folder.',
  ENOTDIR: 'A part of the path is a file, not a folder.',
};

/** The disk refused: what comes next on it would fail as well. */
export class DiskError extends DataError {
  override readonly name = 'DataError';
}

/** A failed write in words a user can act on. An error that says what to do already passes as it is. */
export function diskError(path: string, cause: unknown): DataError {
  if (cause instanceof DataError) return cause;
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const hint = HINTS[code];
  const received = code === '' ? String(cause) : code;
  return new DiskError({ what: `Cannot write ${path}.`, received, ...(hint === undefined ? {} : { hint }) }, { cause });
}
