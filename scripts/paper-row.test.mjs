import { afterAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callsOf, figuresOf, foldsOf, judgementOf } from './paper-row.mjs';
import { recipeJson, recipeRows } from './recipe-rows.mjs';

const STUDENT = 'zhang2019/tut/student-of-jrm-and-cmam';
const words = (name, fold, options) => callsOf(name, fold, options).map((call) => call.words);
const after = (list, flag) => list.flatMap((word, at) => (list[at - 1] === flag ? [word] : []));

describe('the calls of a row', () => {
  test.each(recipeRows().map(({ recipe }) => recipe))('%s: every run and file it names is made before it', (name) => {
    for (const fold of foldsOf(name)) {
      const made = [];
      for (const call of words(name, fold)) {
        if (call[0] === 'teach') {
          expect(made).toContain(call[1]);
          made.push(...after(call, '-o'));
          continue;
        }
        const set = Object.fromEntries(
          after(call, '--set').map((text) => [text.split('=')[0], text.replace(/^.*?=/, '')]),
        );
        expect(set['dataset.fold']).toBe(`${fold}`);
        if (set['init.from'] !== undefined) expect(made).toContain(set['init.from']);
        for (const { file } of JSON.parse(set['distillation.teachers'] ?? '[]')) expect(made).toContain(file);
        made.push(...after(call, '--out'));
      }
      expect(judgementOf(name, fold)[1]).toBe(made.at(-1));
    }
  });

  test('keep the paths that recipes name, on their own fold', () => {
    const teachers = recipeJson(STUDENT).distillation.teachers;
    expect(after(words(STUDENT, 1).at(-1), '--set')).toContain(`distillation.teachers=${JSON.stringify(teachers)}`);
    expect(after(words('shim2022/pre-training', 1).at(-1), '--set')).toContain(
      `init.from=${recipeJson('shim2022/pre-training').init.from}`,
    );
  });

  test('give each fold runs of its own, and rehearsals others', () => {
    expect(words(STUDENT, 3).map((call) => call[0])).toEqual(['train', 'teach', 'train', 'teach', 'train']);
    const out = (...options) => after(words(STUDENT, ...options).at(-1), '--out');
    expect(out(1)).toEqual([`runs/${STUDENT}`]);
    expect(out(3)).toEqual([`runs/${STUDENT}-fold3`]);
    expect(out(3, { smoke: true })).toEqual([`runs/smoke/${STUDENT}-fold3`]);
  });

  test('end with the paper’s choice of weights', () => {
    expect(judgementOf('shim2022/amfm', 1)).toEqual(['evaluate', 'runs/shim2022/amfm', '--weights', 'best', '--json']);
    expect(judgementOf('xin2022/ours', 1)).toEqual(['evaluate', 'runs/xin2022/ours', '--json']);
  });
});

test('figures are printed as the table prints them', () => {
  const reports = [
    { accuracy: 0.6, logLoss: 1.2 },
    { accuracy: 0.7, logLoss: 1.4 },
  ];
  expect(figuresOf({ measure: 'accuracy % / log loss' }, reports)).toBe('65.00 ± 7.07 / 1.300 ± 0.141');
  expect(figuresOf({ measure: '' }, reports.slice(0, 1))).toBe('60.00');
});

describe('a row of TUT 2017', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'paper-row-'));
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));
  const script = fileURLToPath(new URL('paper-row.mjs', import.meta.url));
  const row = (...more) => spawnSync(process.execPath, [script, ...more], { cwd, encoding: 'utf8' });

  test('rehearses on two folds, each with a teacher of its own, and does nothing twice', () => {
    const name = 'zhang2019/tut/student-of-jrm-fine-tuning';
    const first = row(name, '--folds', '1,2', '--smoke');
    expect([first.status, first.stderr]).toEqual([0, '']);
    const calls = (stdout) => stdout.split('\n').flatMap((line) => /^\$ asc (\w+)/.exec(line)?.[1] ?? []);
    const fold = ['train', 'teach', 'train', 'evaluate'];
    expect(calls(first.stdout)).toEqual([...fold, ...fold]);
    const figures = first.stdout.trimEnd().split('\n').at(-1);
    expect(figures).toMatch(
      /: \d+\.\d\d ± \d+\.\d\d \(mean ± sd of folds 1, 2\); published 82\.1; a rehearsal is no result$/,
    );
    const again = row(name, '--folds', '1,2', '--smoke');
    expect(calls(again.stdout)).toEqual(['evaluate', 'evaluate']);
    expect(again.stdout.trimEnd().split('\n').at(-1)).toBe(figures);
  });

  test('is refused by another name', () => {
    const { status, stderr } = row('zhang2019/tut/nobody');
    expect([status, stderr]).toEqual([2, expect.stringContaining('No row "zhang2019/tut/nobody"')]);
  });
});
