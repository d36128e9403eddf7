#!/usr/bin/env node
// Kept in the repository, unlike what it starts: npm links commands when it installs, before anything is built.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('error: asc is not built yet.\n  Build it first: npm run build\n');
  process.exitCode = 1;
}
