/** A path as a shell reads it back: quoted where it holds more than letters, digits and what no shell minds. */
export function shellWord(path: string): string {
  return /^[\p{L}\p{N}_@%+=:,./][\p{L}\p{N}_@%+=:,./-]*$/u.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
