import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where a data set that is not part of the repository lies: below the environment variable ASC_DATA_DIR, or in
 * `shared/data` beside the repository. `undefined`, with a line on stderr saying which tests are skipped, where it is absent.
 */
export function findData(name: string): string | undefined {
  const beside = fileURLToPath(new URL('../../../../../shared/data', import.meta.url));
  return found(join(process.env['ASC_DATA_DIR'] ?? beside, name), name);
}

/** The same for the reference files beside the data. */
export function findReference(name: string): string | undefined {
  const beside = fileURLToPath(new URL('../../../../../shared/reference', import.meta.url));
  const base = process.env['ASC_DATA_DIR'];
  return found(join(base === undefined ? beside : join(base, '../reference'), name), name);
}

function found(path: string, name: string): string | undefined {
  if (existsSync(path)) return path;
  process.stderr.write(`skipped: tests that need ${name} (not at ${path}; set ASC_DATA_DIR)\n`);
  return undefined;
}
