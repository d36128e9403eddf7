import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findData } from '../dataset/data-dir.test.helper.js';
import { assertDisjoint } from '../dataset/scene-dataset.js';
import type { TableFault } from '../dataset/table-fault.js';
import { withFolder, writeFiles } from '../test-folder.test.helper.js';
import { readAudioSetClasses, readAudioSetOntology } from './audioset-classes.js';
import { type LoadAudioSetOptions, loadAudioSet } from './load-audioset.js';

const COMMENTS =
  '# Segments csv created Sun Mar  5 10:54:31 2017\n# num_ytids=2\n# YTID, start_seconds, end_seconds, positive_labels\n';
const SET = {
  'class_labels_indices.csv':
    'index,mid,display_name\n0,/m/09x0r,"Speech"\n1,/m/05zppz,"Male speech, man speaking"\n2,/m/04rlf,Music\n',
  'balanced_train_segments.csv': `${COMMENTS}--PJHxphWEs, 30.000, 40.000, "/m/09x0r,/m/05zppz"\n--ZhevVpy1s, 50.000, 60.000, "/m/04rlf"\n`,
  'eval_segments.csv': `${COMMENTS}Yabcdefghij, 0.000, 10.000, "/m/04rlf,/m/09x0r"\n-gone_video, 0.000, 10.000, "/m/04rlf"\n`,
  'clips/--PJHxphWEs_30.000_40.000.flac': 'sound',
  'clips/balanced/Y--ZhevVpy1s.wav': 'sound',
  'clips/Yabcdefghij.wav': 'sound',
  'clips/not a clip.wav': 'sound',
};

const load = async (changes: Readonly<Record<string, string>> = {}, options?: LoadAudioSetOptions) =>
  withFolder(async (root) => {
    await writeFiles(root, { ...SET, ...changes });
    return loadAudioSet(root, options);
  });

describe('loadAudioSet', () => {
  it('joins the published lists with the clips that are there', async () => {
    const set = await load();
    expect(set.labels.scenes).toEqual(['Speech', 'Male speech, man speaking', 'Music']);
    expect(set.split(1, 'train').map(({ id, events }) => [id, events])).toEqual([
      ['clips/--PJHxphWEs_30.000_40.000.flac', ['Speech', 'Male speech, man speaking']],
      ['clips/balanced/Y--ZhevVpy1s.wav', ['Music']],
    ]);
    expect(set.split(1, 'evaluate').map(({ id, location, path }) => [id, location, path])).toEqual([
      ['clips/Yabcdefghij.wav', 'Yabcdefghij', join(set.root, 'clips/Yabcdefghij.wav')],
    ]);
    expect([...set.lists]).toEqual([
      ['balanced_train', { segments: 2, absent: 0 }],
      ['eval', { segments: 2, absent: 1 }],
    ]);
    expect(set.indexOf('clips/Yabcdefghij.wav')).toBe(2);
    assertDisjoint(set, 1);
  });

  it('names file and line of what it cannot take', async () => {
    const evaluate = (line: string) => ({ 'eval_segments.csv': `${COMMENTS}${line}\n` });
    await expect(load(evaluate('Yabcdefghij, 0, 10, "/m/none"'))).rejects.toThrow(
      /eval_segments\.csv:4: unknown class/,
    );
    await expect(load(evaluate('Yabcdefghij, 0, 10'))).rejects.toThrow(/eval_segments\.csv:4: wrong number of fields/);
    await expect(load(evaluate('--PJHxphWEs, 0, 10, "/m/04rlf"'))).rejects.toThrow(/eval_segments\.csv:4: .*twice/);
    await expect(load({ 'clips/--PJHxphWEs.wav': '' })).rejects.toThrow(/two recordings of --PJHxphWEs/);
    await expect(load({}, { clips: 'sounds' })).rejects.toThrow(/Cannot list .*sounds/);
    await withFolder(async (root) => {
      await writeFiles(root, { 'class_labels_indices.csv': SET['class_labels_indices.csv'], 'clips/x.wav': '' });
      await expect(loadAudioSet(root)).rejects.toThrow(/has no list of segments/);
      await writeFiles(root, { 'eval_segments.csv': SET['eval_segments.csv'] });
      await expect(loadAudioSet(root)).rejects.toThrow(/No recording in .* is in the lists[^]*received 0 recordings/);
    });
    const faults: TableFault[] = [];
    await load(evaluate('Yabcdefghij, 0, 10, "/m/none"'), { onFault: (fault) => faults.push(fault) });
    expect(faults.map(({ kind }) => kind)).toEqual(['unknown-label']);
  });
});

describe('readAudioSetClasses', () => {
  it('refuses lists out of order and names that stand twice', async () => {
    const read = (text: string) =>
      withFolder(async (root) => {
        await writeFile(join(root, 'c.csv'), `index,mid,display_name\n${text}`);
        return readAudioSetClasses(join(root, 'c.csv'));
      });
    await expect(read('1,/m/a,A\n')).rejects.toThrow(/c\.csv:2: the classes are not in order/);
    await expect(read('0,/m/a,A\n1,/m/b,A\n')).rejects.toThrow(/c\.csv:3: A stands twice/);
    await expect(read('0,/m/a,\n')).rejects.toThrow(/c\.csv:2: a class has no id or no name/);
    await expect(read('')).rejects.toThrow(/lists no classes/);
  });
});

describe('readAudioSetOntology', () => {
  it('refuses what is no whole ontology', async () => {
    const read = (value: unknown) =>
      withFolder(async (root) => {
        await writeFile(join(root, 'o.json'), typeof value === 'string' ? value : JSON.stringify(value));
        return readAudioSetOntology(join(root, 'o.json'));
      });
    const node = { id: '/m/a', name: 'A', child_ids: [], restrictions: [] };
    expect((await read([node])).get('/m/a')).toMatchObject({ name: 'A', childIds: [] });
    await expect(read('[')).rejects.toThrow(/Cannot read .*o\.json/);
    await expect(read({})).rejects.toThrow(/is no ontology/);
    await expect(read([node, node])).rejects.toThrow(/entry 2 is a second \/m\/a/);
    await expect(read([{ ...node, child_ids: ['/m/b'] }])).rejects.toThrow(/a child of \/m\/a is not in it/);
    await expect(read([{ name: 'A' }])).rejects.toThrow(/entry 1 is no node/);
  });

  const ONTOLOGY = findData('audioset-ontology.json');
  (ONTOLOGY === undefined ? it.skip : it)('reads the published one: 632 sounds', async () => {
    const nodes = await readAudioSetOntology(ONTOLOGY ?? '');
    expect(nodes.size).toBe(JSON.parse(await readFile(ONTOLOGY ?? '', 'utf8')).length);
    expect(nodes.get('/m/09x0r')?.name).toBe('Speech');
  });
});
