import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { networksTable } from './networks-table.mjs';

test('docs/networks.md is what the packages say; else run node scripts/networks-table.mjs', () => {
  expect(readFileSync(new URL('../docs/networks.md', import.meta.url), 'utf8')).toBe(networksTable());
});
