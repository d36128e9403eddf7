import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A copy of the sources alone, with the installed modules linked in. */
function copyOfRepository() {
  const copy = mkdtempSync(join(tmpdir(), 'asc-boundaries-'));
  const sources = (path) => !['node_modules', 'dist', '.turbo'].includes(basename(path));
  for (const part of [
    'package.json',
    'package-lock.json',
    'turbo.json',
    'tsconfig.base.json',
    'packages',
    'examples',
    'bench',
  ]) {
    cpSync(join(root, part), join(copy, part), { recursive: true, filter: sources });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function boundaries(cwd) {
  const result = spawnSync(join(root, 'node_modules', '.bin', 'turbo'), ['boundaries'], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', NO_COLOR: '1' },
  });
  return { status: result.status, output: result.stdout + result.stderr };
}

describe('turbo boundaries', () => {
  it('passes a clean copy, and names an import that runs backward', () => {
    const copy = copyOfRepository();
    try {
      expect(boundaries(copy)).toMatchObject({ status: 0 });
      appendFileSync(
        join(copy, 'packages', 'core', 'src', 'index.ts'),
        "\nexport { AscError as Again } from '@asc/data';\n",
      );
      const { status, output } = boundaries(copy);
      expect(status).not.toBe(0);
      expect(output).toContain('@asc/data');
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});
