import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tinyRecipe } from './tiny-scenes.test.helper.js';

const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const [section = ''] = /^## Distillation$[^]*?(?=^## )/m.exec(text) ?? [];

describe('the section on distillation in the README', () => {
  test('shows recipes that are understood', () => {
    const recipes = [...section.matchAll(/```json\n([^]*?)```/g)].map(([, json = '']) =>
      tinyRecipe(JSON.parse(json) as Record<string, unknown>),
    );
    expect(recipes.map(({ distillation }) => distillation?.kind)).toEqual([
      'teachers',
      'teachers',
      'segments',
      'segments',
    ]);
    expect(recipes[0]?.distillation).toMatchObject({ temperature: 1, hardWeight: 0, klWeight: 1 });
    expect(recipes[2]?.distillation).toEqual({
      kind: 'segments',
      segments: 3,
      temperature: 2,
      hardWeight: 1,
      klWeight: 1,
      cosineWeight: 1,
      refresh: 'validation',
    });
    expect(() => tinyRecipe({ distillation: { kind: 'segments' } })).toThrow(
      /"distillation.refresh".*\nexpected "validation" with evaluate.keepAside above 0, or "test"/,
    );
  });

  test('shows code that runs: each row is that of its clip, columns in the order of the labels', () => {
    const [, code = ''] = /```ts\n([^]*?)```/.exec(section) ?? [];
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
