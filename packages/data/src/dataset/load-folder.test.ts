import { DataError, UsageError } from '@asc/core';
import { describe, expect, it } from '@jest/globals';
import { withFolder, writeFiles } from '../test-folder.test.helper.js';
import { type LoadFolderOptions, loadFolder } from './load-folder.js';
import { sharedLocations } from './scene-dataset.js';

const load = async (files: readonly string[], options?: LoadFolderOptions) =>
  withFolder(async (root) => {
    await writeFiles(root, Object.fromEntries(files.map((name) => [name, 'x'])));
    return loadFolder(root, options);
  });

const walks = ['street', 'park'].flatMap((label) =>
  Array.from({ length: 24 }, (_, i) => `${label}/walk${Math.floor(i / 3)}-0${i % 3}.wav`),
);

describe('loadFolder', () => {
  it('splits groups of files by the seed and keeps each group on one side', async () => {
    const set = await load(walks, { seed: 3 });
    expect(set.labels.scenes).toEqual(['park', 'street']);
    expect(set.clips).toHaveLength(48);
    expect(set.split(1, 'train')).toHaveLength(36);
    expect(set.split(1, 'evaluate')).toHaveLength(12);
    expect(set.split(1, 'test')).toEqual(set.split(1, 'evaluate'));
    expect(sharedLocations(set, 1)).toEqual([]);
    const ids = (other: typeof set) => other.split(1, 'test').map((clip) => clip.id);
    expect(ids(await load(walks, { seed: 3 }))).toEqual(ids(set));
    expect(ids(await load(walks, { seed: 4 }))).not.toEqual(ids(set));
    // A further label moves nothing.
    const more = await load([...walks, 'zoo/a.wav', 'zoo/b.mp3'], { seed: 3 });
    expect(ids(more).filter((id) => !id.startsWith('zoo'))).toEqual(ids(set));
  });

  it('takes train and test folders as they are', async () => {
    const set = await load([
      'train/bus/1.wav',
      'train/park/1.FLAC',
      'test/park/2.mp3',
      'train/park/notes.txt',
      '.git/x',
    ]);
    expect(set.split(1, 'train').map((clip) => [clip.id, clip.scene])).toEqual([
      ['train/bus/1.wav', 'bus'],
      ['train/park/1.FLAC', 'park'],
    ]);
    expect(set.split(1, 'evaluate').map((clip) => clip.id)).toEqual(['test/park/2.mp3']);
    expect(sharedLocations(set, 1)).toEqual([]);
  });

  it('explains what it cannot load', async () => {
    await expect(loadFolder('/no/such/folder')).rejects.toThrow(/Cannot list \/no\/such\/folder/);
    await expect(load([])).rejects.toThrow(/holds no label folders/);
    await expect(load(['bus/readme.txt'])).rejects.toThrow(/bus holds no recordings/);
    await expect(load(['train/a/1.wav', 'test/a/2.wav', 'bus/3.wav'])).rejects.toThrow(/beside train and test/);
    await expect(load(['train/a/1.wav', 'test/b/2.wav'])).rejects.toThrow(/a label that train lacks/);
    const numbered = ['bus/take_1.wav', 'bus/take_2.wav'];
    await expect(load(numbered)).rejects.toThrow(/its 2 files are one group, "take"[^]*groupBy: "file"/);
    expect((await load(numbered, { groupBy: 'file' })).split(1, 'test')).toHaveLength(1);
    await expect(load([])).rejects.toThrow(DataError);
    await expect(load(walks, { testShare: 1 })).rejects.toThrow(UsageError);
    await expect(load(walks, { tetsShare: 0.5 } as LoadFolderOptions)).rejects.toThrow(/unknown key[^]*testShare/);
  });
});
