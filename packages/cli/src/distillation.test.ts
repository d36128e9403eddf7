import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '@asc/train';
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
  writeFileSync(join(cwd, 'tiny.json'), JSON.stringify({ ...TINY_RECIPE, epochs: 1, evaluate: { keepAside: 0.2 } }));
  writeFileSync(join(cwd, 'student.json'), JSON.stringify(STUDENT));
  // Clips enough for two locations a scene to train on, so that one can be kept aside.
  expect(await asc(makeScenes(18), { cwd })).toMatchObject({ code: 0 });
  expect(await train('tiny.json', 'large')).toMatchObject({ code: 0 });
  const teach = (...words: string[]) => asc(['teach', 'large', ...words], { cwd });
  const [stored, heldOut] = await Promise.all([
    teach('-o', 'large.safetensors', '--json'),
    teach('-o', 'held-out.safetensors', '--split', 'evaluate', '--crops', '2'),
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

  it('does not go on with another teacher', async () => {
    const resume = () => train('student/recipe.json', 'student', '--resume');
    copyFileSync(join(cwd, 'large.safetensors'), join(cwd, 'kept'));
    copyFileSync(join(cwd, 'held-out.safetensors'), join(cwd, 'large.safetensors'));
    const { code, stderr } = await resume();
    expect([code, stderr]).toEqual([2, expect.stringContaining('not the one the recipe was made with')]);
    copyFileSync(join(cwd, 'kept'), join(cwd, 'large.safetensors'));
  });

  it('is not begun with a teacher file of other clips', async () => {
    const teachers = JSON.stringify([{ file: 'held-out.safetensors' }]);
    const { code, stderr } = await train('student.json', 'refused', '--set', `distillation.teachers=${teachers}`);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/does not know \d+ of the \d+ training clips.*\n.*\n.*--split train/),
    ]);
    expect(existsSync(join(cwd, 'refused'))).toBe(false);
  });
});

describe('a student of its own earlier self', () => {
  const online = (changes: object = {}) => {
    const recipe = {
      ...TINY_RECIPE,
      name: 'online',
      init: { from: 'large' },
      distillation: { kind: 'segments' },
      evaluate: { keepAside: 0.2 },
      epochs: 1,
      ...changes,
    };
    writeFileSync(join(cwd, 'online.json'), JSON.stringify(recipe));
    return train('online.json', 'online', '--json');
  };

  it('is not begun where the clips to choose by are not kept aside, or were heard', async () => {
    const { code, stderr } = await online({ evaluate: {} });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/"distillation.refresh".*\n.*"validation" with evaluate.keepAside above 0/),
    ]);
    const heard = await online({ evaluate: { keepAside: 0.5 } });
    expect([heard.code, heard.stderr]).toEqual([
      2,
      expect.stringMatching(/trained on clips that are now kept aside.*\n.*at least 0.5, received 0.2/),
    ]);
    expect(existsSync(join(cwd, 'online'))).toBe(false);
  });

  it('learns from other clips of the scene, and its teacher is chosen on clips kept aside', async () => {
    const { code, stdout, stderr } = await online();
    expect([code, stderr]).toEqual([0, '']);
    const { lastEpoch } = JSON.parse(stdout) as {
      lastEpoch: { clips: number; parts: object; selection: { clips: number } };
    };
    expect(Object.keys(lastEpoch.parts)).toEqual(['scene', 'abstract', 'kl', 'cosine']);
    const aside = lastEpoch.selection.clips;
    expect(aside).toBeGreaterThan(0);
    const { batchSize } = TINY_RECIPE;
    expect(lastEpoch.clips).toBe(Math.floor((clips - aside) / batchSize) * batchSize);
    const { tensors } = decodeSafetensors(readFileSync(join(cwd, 'online/checkpoints/last.safetensors')), 'last');
    const names = Object.keys(tensors).filter((name) => name.startsWith('teacher/'));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(tensors[name]).toEqual(tensors[name.slice('teacher/'.length)]);
    // What a student of segments learnt can be started from like any other run.
    expect(await asc(['evaluate', 'online', '--json'], { cwd })).toMatchObject({ code: 0 });
  });
});
