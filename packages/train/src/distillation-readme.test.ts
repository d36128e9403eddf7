import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

describe('the section on distillation in the README', () => {
  test('shows code that runs: each row is that of its clip, columns in the order of the labels', () => {
    const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const [, code = ''] = /## Distillation[^]*?```ts\n([^]*?)```/.exec(text) ?? [];
    const folder = mkdtempSync(join(tmpdir(), 'asc-distil-'));
    // Beside the built files, where the packages are found.
    const file = fileURLToPath(new URL('./distillation-readme-example.mjs', import.meta.url));
    const rows = 'JSON.stringify([[...scene.data], [...teacher.data].map((p) => p.toFixed(3))])';
    writeFileSync(file, code.replace('scene?.data, teacher?.data', rows));
    try {
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
      const [scene, teacher] = JSON.parse(stdout) as [number[], string[]];
      // softmax([3, 0] / 2) for the bus, softmax([0, 4] / 2) for the park.
      const expected = scene[0] === 1 ? ['0.818', '0.182', '0.119', '0.881'] : ['0.119', '0.881', '0.818', '0.182'];
      expect(teacher).toEqual(expected);
    } finally {
      rmSync(file);
      rmSync(folder, { recursive: true });
    }
  });
});
