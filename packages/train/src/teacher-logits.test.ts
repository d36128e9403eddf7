import { describe, expect, test, beforeEach, afterEach } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors } from './safetensors.js';
import { readTeacherLogits, writeTeacherLogits } from './teacher-logits.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asc-teacher-'));
  path = join(folder, 'teacher.safetensors');
});
afterEach(() => rm(folder, { recursive: true }));

const SCENES = ['bus', 'tram'];
const row = (...data: number[]) => ({ dtype: 'float32', shape: [data.length], data: Float32Array.from(data) }) as const;

describe('a teacher file', () => {
  test('gives back what was stored, by clip id, whatever the ids', async () => {
    const logits = new Map([
      ['audio/b.wav', [1, -2]],
      ['audio/a.wav', [0.5, 4]],
      ['__proto__', [3, 3]],
      ['7', [0, 1]],
    ]);
    await writeTeacherLogits(path, { scenes: SCENES, logits, teacher: { name: 'large' } });
    const read = await readTeacherLogits(path);
    expect(read.scenes).toEqual(SCENES);
    expect(read.teacher).toEqual({ name: 'large' });
    expect(read.sha256).toMatch(/^[0-9a-f]{64}$/);
    for (const [id, expected] of logits) expect(Array.from(read.logits.get(id) ?? [])).toEqual(expected);
    expect(read.logits.size).toBe(4);
  });

  test('is refused where it is missing, something else, or incomplete', async () => {
    await expect(readTeacherLogits(path)).rejects.toThrow(/Cannot read the teacher file .*\n.*ENOENT\n.*asc teach/);
    const bytes = (metadata: Record<string, string>, tensors: Parameters<typeof encodeSafetensors>[0]['tensors']) =>
      writeFile(path, encodeSafetensors({ tensors, metadata }));
    const scenes = JSON.stringify(SCENES);
    await bytes({}, { a: row(1, 2) });
    await expect(readTeacherLogits(path)).rejects.toThrow(/holds no teacher's logits/);
    await bytes({ scenes: '{' }, { a: row(1, 2) });
    await expect(readTeacherLogits(path)).rejects.toThrow(/holds no teacher's logits/);
    await bytes({ scenes }, {});
    await expect(readTeacherLogits(path)).rejects.toThrow(/at least one clip/);
    await bytes({ scenes }, { a: row(1, 2), b: row(1, 2, 3) });
    await expect(readTeacherLogits(path)).rejects.toThrow(
      /float32 of shape \(2\).*received float32 of shape \(3\) for b/,
    );
    await bytes({ scenes }, { a: row(1, NaN) });
    await expect(readTeacherLogits(path)).rejects.toThrow(/finite logits, received 1 that are NaN or infinite for a/);
    await bytes({ scenes: '["bus","bus"]' }, { a: row(1, 2) });
    await expect(readTeacherLogits(path)).rejects.toThrow(/labels that differ/);
    await writeFile(path, 'text');
    await expect(readTeacherLogits(path)).rejects.toThrow(/not a readable safetensors file/);
  });

  test('is not written of nothing, or of logits that are none', async () => {
    const write = (logits: Map<string, number[]>) => writeTeacherLogits(path, { scenes: SCENES, logits, teacher: {} });
    await expect(write(new Map())).rejects.toThrow(/at least one clip/);
    await expect(write(new Map([['a', [1]]]))).rejects.toThrow(/shape \(2\)/);
    await expect(write(new Map([['a', [1, Infinity]]]))).rejects.toThrow(/finite/);
    await expect(readTeacherLogits(path)).rejects.toThrow(/ENOENT/);
  });
});
