import { afterAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { asc, temporaryFolder } from './asc.test.helper.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('README', () => {
  it('shows code that runs', () => {
    const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(text) ?? [];
    // Beside the built files, where the packages are found.
    const file = fileURLToPath(new URL('./readme-example.mjs', import.meta.url));
    writeFileSync(file, code);
    try {
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder.path, encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout.trimEnd().split('\n')).toEqual([
        expect.stringMatching(/^\d/),
        expect.stringMatching(/^\d/),
        expect.stringMatching(/^runs\/first 0\.\d+$/),
      ]);
    } finally {
      rmSync(file);
    }
  });

  it('names every command that there is', async () => {
    const { stdout } = await asc(['--help']);
    const [, list = ''] = /Commands:\n([\s\S]*?)\n\n/.exec(stdout) ?? [];
    const names = [...list.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name ?? '');
    expect(names).toHaveLength(15);
    for (const name of names) expect(text).toMatch(new RegExp(`^\\| \`${name}\\b`, 'm'));
  });
});
