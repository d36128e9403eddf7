import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatasetEntry } from './catalogue.js';

/** An archive of a set, found beside it. */
export interface ArchiveCheck {
  readonly path: string;
  /** `right` was only weighed where its sum was not asked for. */
  readonly state: 'right' | 'wrong size' | 'wrong MD5';
}

/** Looks for archives in the set's folder and the one above: their sizes, and with `deep` their MD5. */
export async function checkArchives(
  { archives }: DatasetEntry,
  root: string,
  { deep, signal }: { readonly deep: boolean; readonly signal?: AbortSignal | undefined },
): Promise<ArchiveCheck[]> {
  const checks: ArchiveCheck[] = [];
  for (const { file, bytes, md5 } of archives) {
    for (const path of [join(root, file), join(dirname(root), file)]) {
      const found = await stat(path).catch(() => undefined);
      if (found === undefined || !found.isFile()) continue;
      if (found.size !== bytes) checks.push({ path, state: 'wrong size' });
      else checks.push({ path, state: deep && (await md5Of(path, signal)) !== md5 ? 'wrong MD5' : 'right' });
    }
  }
  return checks;
}

async function md5Of(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('md5');
  for await (const bytes of createReadStream(path, signal === undefined ? {} : { signal }))
    hash.update(bytes as Buffer);
  return hash.digest('hex');
}
