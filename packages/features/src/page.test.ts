import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const root = new URL('./index.js', import.meta.url);

/** Every specifier reachable from `entry` through relative imports. */
function reachable(entry: URL, seen = new Set<string>(), outside = new Set<string>()): Set<string> {
  if (seen.has(entry.href)) return outside;
  seen.add(entry.href);
  const source = readFileSync(entry, 'utf8');
  for (const [, specifier] of source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)) {
    if (specifier!.startsWith('.')) reachable(new URL(specifier!, entry), seen, outside);
    else outside.add(specifier!);
  }
  return outside;
}

describe('a page', () => {
  test('can load the package: only @asc/core is imported, no node: module and no Meyda', () => {
    expect([...reachable(root)].toSorted()).toEqual(['@asc/core', '@asc/core/wasm']);
    expect([...reachable(new URL('./descriptors.js', import.meta.url))].toSorted()).toEqual([
      '@asc/core',
      '@asc/core/wasm',
      'meyda',
    ]);
  });

  test('has no Buffer and no process', () => {
    for (const name of ['npy.js', 'front-end.js', 'stream.js', 'framer.js']) {
      expect(readFileSync(new URL(name, root), 'utf8')).not.toMatch(/\b(Buffer\.|process\.|require\()/);
    }
  });
});
