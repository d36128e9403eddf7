import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@asc/core';
import { expect, it } from '@jest/globals';
import { withFolder, writeFiles } from '../test-folder.test.helper.js';
import { loadTut } from './load-tut.js';
import { assertDisjoint } from './scene-dataset.js';

const META = [
  'audio/b020_90_100.wav\tbeach\tb020',
  'audio/c001_0_10.wav\tcafe/restaurant\tc001',
  'audio/c002_0_10.wav\tcafe/restaurant\tc002',
  'audio/c002_10_20.wav\tcafe/restaurant\tc002',
].join('\n');
const SET = {
  'meta.txt': META,
  'error.txt': 'audio/c001_0_10.wav\t0.000\t1.500\naudio/c001_0_10.wav\t3.0\t4.0\n',
  'evaluation_setup/fold1_train.txt':
    'audio/c002_0_10.wav\tcafe/restaurant\r\naudio/c002_10_20.wav\tcafe/restaurant\r\n',
  'evaluation_setup/fold1_test.txt': 'audio/b020_90_100.wav\n\naudio/c001_0_10.wav\n',
  'evaluation_setup/fold1_evaluate.txt': 'audio/b020_90_100.wav\tbeach\naudio/c001_0_10.wav\tcafe/restaurant\n',
  'evaluation_setup/fold4_train.txt': 'audio/b020_90_100.wav\tbeach\n',
  'evaluation_setup/fold4_evaluate.txt': 'audio/c001_0_10.wav\tcafe/restaurant\n',
};

const load = async (files: Readonly<Record<string, string | undefined>>) =>
  withFolder(async (root) => {
    const there = Object.entries(files).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]]));
    await writeFiles(root, Object.fromEntries(there) as Record<string, string>);
    return loadTut(root);
  });

it('reads tables without headers, a label with a slash, folds and known errors', async () => {
  const set = await load({ ...SET, 'meta.txt': `\uFEFF${META.replaceAll('\n', '\r\n')}\r\n` });
  expect(set.folds).toEqual([1, 4]);
  expect(set.clips).toHaveLength(4);
  expect(set.clips.at(1)).toEqual({
    id: 'audio/c001_0_10.wav',
    path: join(set.root, 'audio/c001_0_10.wav'),
    scene: 'cafe/restaurant',
    city: undefined,
    location: 'c001',
    device: undefined,
  });
  expect(set.labels.scenes).toHaveLength(15);
  expect(set.labels.abstracts[set.labels.abstractOf[set.labels.scenes.indexOf('cafe/restaurant')] ?? -1]).toBe(
    'indoor',
  );
  expect(set.split(1, 'test').map(({ id }) => id)).toEqual(['audio/b020_90_100.wav', 'audio/c001_0_10.wav']);
  expect([set.flawed, set.errorRows]).toEqual([['audio/c001_0_10.wav'], 2]);
  for (const fold of set.folds) assertDisjoint(set, fold);
});

it('reads the evaluation set: lists without folds, original names in map.txt', async () => {
  const lists = {
    'evaluation_setup/test.txt': 'audio/1.wav\naudio/2.wav\n',
    'evaluation_setup/map.txt': 'audio/1.wav\taudio/b100_0_10.wav\n',
  };
  const hidden = await load(lists);
  expect(hidden.clips.map(({ scene, location }) => [scene, location])).toEqual([
    [undefined, 'b100'],
    [undefined, undefined],
  ]);
  const told = await load({ ...lists, 'evaluation_setup/evaluate.txt': 'audio/1.wav\tbeach\naudio/2.wav\ttram\n' });
  expect(told.split(1, 'test').map(({ scene }) => scene)).toEqual(['beach', 'tram']);
});

it.each([
  ['no meta.txt beside training lists', { 'meta.txt': undefined }, /meta\.txt[^]*no such file[^]*meta archive/],
  ['an empty meta.txt', { 'meta.txt': '\n' }, /meta\.txt lists no clips/],
  ['a row of one field', { 'meta.txt': `${META}\naudio/x_0_10.wav\n` }, /meta\.txt:5: wrong number of fields/],
  ['a label of another set', { 'meta.txt': META.replace('beach', 'airport') }, /meta\.txt:1: unknown scene label/],
  ['a repeated clip', { 'meta.txt': `${META}\n${META}` }, /meta\.txt:5: .*stands twice/],
  ['another recording than in the name', { 'meta.txt': META.replace('\tb020', '\tb021') }, /meta\.txt:1: .*disagree/],
  [
    'another label in a split',
    { 'evaluation_setup/fold4_train.txt': 'audio/b020_90_100.wav\tbus' },
    /another scene label/,
  ],
])('names file and line for %s', async (_, changes, message) => {
  const failed = load({ ...SET, ...changes });
  await expect(failed).rejects.toThrow(DataError);
  await expect(failed).rejects.toThrow(message);
});

it('says so where there are no splits', async () => {
  await withFolder(async (root) => {
    await writeFiles(root, SET);
    await rm(join(root, 'evaluation_setup'), { recursive: true });
    await expect(loadTut(root)).rejects.toThrow(/Cannot list .*evaluation_setup[^]*fold1_train\.txt/);
  });
});
