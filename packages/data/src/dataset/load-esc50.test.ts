import { expect, it } from '@jest/globals';
import { withFolder, writeFiles } from '../test-folder.test.helper.js';
import { type LoadEsc50Options, loadEsc50 } from './load-esc50.js';
import { assertDisjoint } from './scene-dataset.js';

const HEADER = 'filename,fold,target,category,esc10,src_file,take';
const ROWS = [
  '1-100-A-0.wav,1,0,dog,True,100,A',
  '2-200-A-1.wav,2,1,rain,False,200,A',
  '3-300-B-0.wav,3,0,dog,True,300,B',
];

const load = async (lines: readonly string[], options?: LoadEsc50Options) =>
  withFolder(async (root) => {
    await writeFiles(root, { 'meta/esc50.csv': `\uFEFF${lines.join('\r\n')}\r\n` });
    return loadEsc50(root, options);
  });

it('holds one fold out and trains on the others', async () => {
  const set = await load([HEADER, ...ROWS]);
  expect(set.folds).toEqual([1, 2, 3]);
  expect(set.labels.scenes).toEqual(['dog', 'rain']);
  expect(set.split(2, 'train').map(({ id }) => id)).toEqual(['audio/1-100-A-0.wav', 'audio/3-300-B-0.wav']);
  expect(set.split(2, 'evaluate').at(0)).toMatchObject({ scene: 'rain', location: '200' });
  for (const fold of set.folds) assertDisjoint(set, fold);
  expect((await load([HEADER, ...ROWS], { esc10: true })).labels.scenes).toEqual(['dog']);
});

it('names file and line of what it cannot load', async () => {
  await expect(load([HEADER, ROWS[0] ?? '', ROWS[0] ?? ''])).rejects.toThrow(/esc50\.csv:3: .*stands twice/);
  await expect(load([HEADER, ROWS[0]?.replace(',1,', ',one,') ?? ''])).rejects.toThrow(/esc50\.csv:2: not a fold/);
  await expect(load([HEADER, ROWS[0]?.replace('dog', '') ?? ''])).rejects.toThrow(
    /esc50\.csv:2: the category is empty/,
  );
  await expect(load([HEADER.replace('fold', 'part'), ...ROWS])).rejects.toThrow(/no column fold/);
  await expect(load([HEADER])).rejects.toThrow(/0 clips in 0 folds/);
  await expect(load([HEADER, ROWS[0] ?? ''])).rejects.toThrow(/at least two folds/);
  await expect(load([HEADER, '../x.wav,1,0,dog,True,1,A'])).rejects.toThrow(/esc50\.csv:2: not a file name/);
});
