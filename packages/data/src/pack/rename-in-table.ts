/**
 * A table with the names of recordings replaced wherever a field is one: by its path from the set's folder, or by its file name alone
 * where no two recordings share it. Everything else stays, byte for byte.
 */
export function renameInTable(text: string, renames: ReadonlyMap<string, string>): string {
  const byName = new Map<string, string | undefined>();
  for (const [from, to] of renames) {
    const name = fileName(from);
    byName.set(name, byName.has(name) ? undefined : fileName(to));
  }
  return text.replace(/[^\t,;"\r\n]+/g, (field) => {
    const path = field.trim();
    const renamed = renames.get(path.replace(/^\.\//, '')) ?? (path.includes('/') ? undefined : byName.get(path));
    return renamed === undefined ? field : field.replace(path, () => renamed);
  });
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
