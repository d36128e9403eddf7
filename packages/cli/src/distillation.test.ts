import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asc, makeScenes, temporaryFolder, TINY_RECIPE } from './asc.test.helper.js';

const folder = temporaryFolder();
const cwd = folder.path;
afterAll(() => folder.remove());

const STUDENT = {
  ...TINY_RECIPE,
  name: 'student',
  task: { kind: 'classification' },
  epochs: 1,
  distillation: {
    kind: 'teachers',
    teachers: [{ file: 'large.safetensors' }, { file: 'large.safetensors' }],
    strategy: 'augmented',
    temperature: 2,
    hardWeight: 0.02,
    klWeight: 0.98,
  },
};
const train = (recipe: string, out: string, ...more: string[]) =>
  asc(['train', recipe, '--out', out, '--cache', 'cache', ...more], { cwd });
const read = (file: string): unknown => JSON.parse(readFileSync(join(cwd, file), 'utf8'));

let clips = 0;
beforeAll(async () => {
  writeFileSync(join(cwd, 'tiny.json'), JSON.stringify({ ...TINY_RECIPE, epochs: 1 }));
  writeFileSync(join(cwd, 'student.json'), JSON.stringify(STUDENT));
  expect(await asc(makeScenes(15), { cwd })).toMatchObject({ code: 0 });
  expect(await train('tiny.json', 'large')).toMatchObject({ code: 0 });
  const teach = (...words: string[]) => asc(['teach', 'large', ...words], { cwd });
  const [stored, heldOut] = await Promise.all([
    teach('-o', 'large.safetensors', '--json'),
    teach('-o', 'held-out.safetensors', '--split', 'evaluate', '--tta', '2'),
  ]);
  expect(heldOut).toMatchObject({ code: 0, stdout: expect.stringContaining('2 windows each → held-out.safetensors') });
  ({ clips } = JSON.parse(stored.stdout) as { clips: number });
});

describe('a student of stored teachers', () => {
  it('learns from them, each clip once per teacher, and the history tells the parts of its loss', async () => {
    const { code, stdout, stderr } = await train('student.json', 'student');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('the run lies in student');
    const history = readFileSync(join(cwd, 'student/history.jsonl'), 'utf8').trim().split('\n');
    const [epoch] = history.map(
      (line) => JSON.parse(line) as { clips: number; loss: number; parts: { [name: string]: number } },
    );
    const { scene = NaN, kl = NaN } = epoch?.parts ?? {};
    expect(epoch?.loss).toBeCloseTo(0.02 * scene + 0.98 * 4 * kl, 4);
    const { batchSize } = TINY_RECIPE;
    expect(epoch?.clips).toBe(Math.floor((2 * clips) / batchSize) * batchSize);
    expect(read('student/recipe.json')).toMatchObject({
      distillation: {
        teachers: [{ file: join(cwd, 'large.safetensors'), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }, {}],
      },
    });
  });

  it('goes on from its folder, and not with another teacher', async () => {
    const resume = () => train('student/recipe.json', 'student', '--resume');
    expect(await resume()).toMatchObject({ code: 0 });
    copyFileSync(join(cwd, 'large.safetensors'), join(cwd, 'kept'));
    copyFileSync(join(cwd, 'held-out.safetensors'), join(cwd, 'large.safetensors'));
    const { code, stderr } = await resume();
    expect([code, stderr]).toEqual([2, expect.stringContaining('not the one the recipe was made with')]);
    copyFileSync(join(cwd, 'kept'), join(cwd, 'large.safetensors'));
  });

  it.each([
    ['of other clips', 'held-out.safetensors', 2, /does not know \d+ of the \d+ training clips.*\n.*\n.*--split train/],
    ['that is not there', 'gone.safetensors', 1, /Cannot read the teacher file .*gone.*\n.*ENOENT/],
    ['that is a checkpoint', 'large/checkpoints/last.safetensors', 1, /holds no teacher's logits/],
  ])('is not begun with a teacher file %s', async (_, file, expected, message) => {
    const teachers = JSON.stringify([{ file }]);
    const { code, stderr } = await train('student.json', 'refused', '--set', `distillation.teachers=${teachers}`);
    expect([code, stderr]).toEqual([expected, expect.stringMatching(message)]);
    expect(existsSync(join(cwd, 'refused'))).toBe(false);
  });
});
