import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, UsageError, labelSpace } from '@asc/core';
import { describe, expect, it } from '@jest/globals';
import { withFolder, writeFiles } from '../test-folder.test.helper.js';
import { findData, findReference } from './data-dir.test.helper.js';
import { loadTau } from './load-tau.js';
import type { TableFault } from './table-fault.js';
import { assertDisjoint, sharedLocations } from './scene-dataset.js';

const HEADER = 'filename\tscene_label\tidentifier\tsource_label';
const SMALL = {
  'meta.csv': [
    HEADER,
    'audio/bus-lyon-1-10-a.wav\tbus\tlyon-1\ta',
    'audio/park-paris-2-20-s1.wav\tpark\tparis-2\ts1',
    'audio/park-paris-3-30-s4.wav\tpark\tparis-3\ts4',
    'audio/tram-milan-4-40-b.wav\ttram\tmilan-4\tb',
    '',
  ].join('\n'),
  'evaluation_setup/fold1_train.csv':
    'filename\tscene_label\naudio/park-paris-2-20-s1.wav\tpark\naudio/bus-lyon-1-10-a.wav\tbus\n',
  'evaluation_setup/fold1_test.csv': 'filename\naudio/park-paris-3-30-s4.wav\n',
  'evaluation_setup/fold1_evaluate.csv': 'filename\tscene_label\naudio/park-paris-3-30-s4.wav\tpark\n',
};

/** Loads the small set with some files replaced (`undefined` removes one). */
async function loadWith(changes: Readonly<Record<string, string | undefined>>, options = {}) {
  return withFolder(async (root) => {
    await writeFiles(root, SMALL);
    for (const [name, text] of Object.entries(changes)) {
      if (text === undefined) await rm(join(root, name));
      else await writeFiles(root, { [name]: text });
    }
    return loadTau(root, options);
  });
}

describe('loadTau', () => {
  it('reads clips, official order of splits, and joins labels to the test list', async () => {
    const set = await loadWith({}, { name: 'small' });
    expect(set.name).toBe('small');
    expect(set.clips).toHaveLength(4);
    expect(set.folds).toEqual([1]);
    expect(set.split(1, 'train').map((clip) => clip.id)).toEqual([
      'audio/park-paris-2-20-s1.wav',
      'audio/bus-lyon-1-10-a.wav',
    ]);
    expect(set.split(1, 'test').map((clip) => clip)).toEqual(set.split(1, 'evaluate').map((clip) => clip));
    expect(set.split(1, 'test').at(0)).toEqual({
      id: 'audio/park-paris-3-30-s4.wav',
      path: join(set.root, 'audio/park-paris-3-30-s4.wav'),
      scene: 'park',
      city: 'paris',
      location: 'paris-3',
      device: 's4',
    });
    expect(set.labels.scenes).toHaveLength(10);
    expect(set.labels.abstracts).toEqual(['indoor', 'outdoor', 'transportation']);
    expect(sharedLocations(set, 1)).toEqual([]);
    expect(() => set.split(2, 'train')).toThrow(UsageError);
  });

  it('does not care about byte-order marks, Windows line ends, blank lines or column order', async () => {
    const plain = await loadWith({});
    const swap = (text: string): string => text.replace(/^([^\t\n]+)\t([^\t\n]+)/gm, '$2\t$1');
    const changed = Object.fromEntries(
      Object.entries(SMALL).map(([name, text]) => [name, `\uFEFF${swap(text).replaceAll('\n', '\r\n')}\r\n\r\n`]),
    );
    const odd = await loadWith(changed);
    const ids = (set: typeof odd) => set.clips.map(({ id, scene, device, location }) => [id, scene, device, location]);
    expect(ids(odd)).toEqual(ids(plain));
  });

  it('takes abstract classes and the list of scenes from classes.csv', async () => {
    const classes = 'scene_label\tabstract_label\nbus\tmoving\npark\tstill\ntram\tmoving\n';
    const { labels } = await loadWith({ 'classes.csv': classes });
    expect(labels).toEqual(
      labelSpace(['bus', 'park', 'tram'], { abstract: { moving: ['bus', 'tram'], still: ['park'] } }),
    );
    await expect(
      loadWith({ 'classes.csv': 'scene_label\tabstract_label\nbus\tm\npark\ts\ntrams\tm\n' }),
    ).rejects.toThrow(/meta\.csv:5: unknown scene label[^]*received tram[^]*Did you mean "trams"/);
  });

  it('loads an evaluation set whose labels are hidden', async () => {
    const set = await loadWith({
      'meta.csv': 'filename\naudio/0.wav\naudio/1.wav\n',
      'evaluation_setup/fold1_train.csv': undefined,
      'evaluation_setup/fold1_evaluate.csv': undefined,
      'evaluation_setup/fold1_test.csv': 'filename\naudio/1.wav\n',
    });
    expect(set.split(1, 'test').at(0)).toMatchObject({ scene: undefined, device: undefined, location: undefined });
    expect(() => set.split(1, 'evaluate')).toThrow(/no split "evaluate"[^]*1 \(test\)/);
  });

  it('loads the 3Class set, whose names may tell the scene and whose tables tell its abstract class', async () => {
    const fine = 'audio/airport-lyon-5-50-a.wav';
    const set = await loadWith({
      'meta.csv': `${HEADER}\n${fine}\tindoor\tlyon-5\ta\naudio/outdoor-lyon-6-60-a.wav\toutdoor\tlyon-6\ta\n`,
      'evaluation_setup/fold1_train.csv': `filename\tscene_label\n${fine}\tindoor\n`,
      'evaluation_setup/fold1_test.csv': undefined,
      'evaluation_setup/fold1_evaluate.csv': 'filename\tscene_label\naudio/outdoor-lyon-6-60-a.wav\toutdoor\n',
    });
    expect(set.labels).toEqual(labelSpace(['indoor', 'outdoor', 'transportation']));
    expect(set.split(1, 'train').at(0)).toMatchObject({ scene: 'indoor', city: 'lyon', location: 'lyon-5' });
  });

  it('takes the lists of DCASE 2024 in place of the folds', async () => {
    const lists = {
      'split_setup/split25.csv': 'filename\naudio/tram-milan-4-40-b.wav\n',
      'split_setup/test.csv': 'filename\naudio/park-paris-3-30-s4.wav\n',
    };
    const set = await loadWith(lists, { trainPercent: 25 });
    expect(set.split(1, 'train').map(({ id, scene }) => [id, scene])).toEqual([
      ['audio/tram-milan-4-40-b.wav', 'tram'],
    ]);
    expect(set.split(1, 'evaluate').map(({ scene }) => scene)).toEqual(['park']);
    await expect(loadWith(lists, { trainPercent: 50 })).rejects.toThrow(/no split50\.csv[^]*dcase2024_task1_baseline/);
    await expect(loadWith(lists, { trainPercent: 30 })).rejects.toThrow(UsageError);
  });

  it('loads an evaluation set that comes as lists alone', async () => {
    const bare = { 'meta.csv': undefined, 'evaluation_setup/fold1_train.csv': undefined };
    const set = await loadWith(bare);
    expect(set.clips.map(({ id, scene, device }) => [id, scene, device])).toEqual([
      ['audio/park-paris-3-30-s4.wav', 'park', 's4'],
    ]);
    expect(set.sides(1)).toEqual(['test', 'evaluate']);
  });

  it('tells every contradiction where asked to, and loads the rest', async () => {
    const faults: TableFault[] = [];
    const set = await loadWith(
      {
        'meta.csv': `${SMALL['meta.csv']}${SMALL['meta.csv'].split('\n')[1]}\naudio/bus-lyon-7-70-a.wav\ttram\tlyon-7\ta\n`,
        'evaluation_setup/fold1_evaluate.csv':
          'filename\tscene_label\naudio/bus-lyon-1-10-a.wav\tbus\naudio/park-paris-3-30-s4.wav\tpark\naudio/gone.wav\tpark\n',
      },
      { onFault: (fault: TableFault) => faults.push(fault) },
    );
    expect(faults.map(({ kind, id }) => [kind, id])).toEqual([
      ['repeated', 'audio/bus-lyon-1-10-a.wav'],
      ['contradiction', 'audio/bus-lyon-7-70-a.wav'],
      ['unlisted', 'audio/gone.wav'],
      ['both-sides', 'audio/bus-lyon-1-10-a.wav'],
    ]);
    expect(set.clips).toHaveLength(5);
    expect(set.indexOf('audio/tram-milan-4-40-b.wav')).toBe(3);
    expect(set.indexOf('audio/gone.wav')).toBe(-1);
  });

  const meta = (line: string): Record<string, string> => ({ 'meta.csv': `${SMALL['meta.csv']}${line}\n` });
  it.each([
    ['missing meta', { 'meta.csv': undefined }, /Cannot read .*meta\.csv/],
    ['empty meta', { 'meta.csv': `${HEADER}\n` }, /lists no clips/],
    ['a repeated clip', meta('audio/bus-lyon-1-10-a.wav\tbus\tlyon-1\ta'), /meta\.csv:6: .* twice/],
    ['scene against name', meta('audio/bus-lyon-1-11-a.wav\ttram\tlyon-1\ta'), /meta\.csv:6: .*scene_label disagree/],
    ['device against name', meta('audio/bus-lyon-1-11-a.wav\tbus\tlyon-1\tb'), /meta\.csv:6: .*source_label disagree/],
    ['place against name', meta('audio/bus-lyon-1-11-a.wav\tbus\tlyon-12\ta'), /meta\.csv:6: .*identifier disagree/],
    ['a path outside', meta('../x.wav\tbus\tlyon-1\ta'), /meta\.csv:6: not a file name/],
    ['an absolute path', meta('/etc/x.wav\tbus\tlyon-1\ta'), /meta\.csv:6: not a file name/],
    [
      'a clip meta lacks',
      { 'evaluation_setup/fold1_test.csv': 'filename\n\naudio/no-x-1-2-a.wav\n' },
      /fold1_test\.csv:3: audio\/no-x-1-2-a\.wav is not in meta\.csv/,
    ],
    [
      'an unknown label',
      { 'evaluation_setup/fold1_train.csv': 'filename\tscene_label\naudio/bus-lyon-1-10-a.wav\tbuss\n' },
      /fold1_train\.csv:2: unknown scene label[^]*Did you mean "bus"/,
    ],
    [
      'a label other than in meta',
      { 'evaluation_setup/fold1_train.csv': 'filename\tscene_label\naudio/bus-lyon-1-10-a.wav\ttram\n' },
      /fold1_train\.csv:2: .*another scene label/,
    ],
    [
      'a clip twice in a split',
      { 'evaluation_setup/fold1_test.csv': 'filename\naudio/park-paris-3-30-s4.wav\naudio/park-paris-3-30-s4.wav\n' },
      /fold1_test\.csv:3: .*twice/,
    ],
    [
      'a clip on both sides',
      { 'evaluation_setup/fold1_test.csv': 'filename\naudio/bus-lyon-1-10-a.wav\n' },
      /fold1_test\.csv repeats clips of .*fold1_train\.csv/,
    ],
  ])('names file and line for %s', async (_, changes, message) => {
    const failed = loadWith(changes);
    await expect(failed).rejects.toThrow(DataError);
    await expect(failed).rejects.toThrow(message);
  });

  it('says so when there are no splits', async () => {
    await withFolder(async (root) => {
      await writeFiles(root, { 'meta.csv': SMALL['meta.csv'] });
      await expect(loadTau(root)).rejects.toThrow(/Cannot list .*evaluation_setup/);
      await writeFiles(root, { 'evaluation_setup/notes.txt': '' });
      await expect(loadTau(root)).rejects.toThrow(/holds no splits/);
    });
  });

  it('reports locations on both sides of a fold', async () => {
    const line = 'audio/park-paris-2-21-b.wav\tpark\tparis-2\tb';
    const set = await loadWith({
      ...meta(line),
      'evaluation_setup/fold1_evaluate.csv': 'filename\tscene_label\naudio/park-paris-2-21-b.wav\tpark\n',
    });
    expect(sharedLocations(set, 1)).toEqual(['paris-2']);
    expect(() => assertDisjoint(set, 1)).toThrow(/same locations[^]*1 shared: paris-2/);
  });
});

const NAMES = findReference('tau2020-mobile-file-names.txt');
(NAMES === undefined ? it.skip : it)('parses all 23,040 names of TAU 2020 Mobile', async () => {
  const names = (await readFile(NAMES ?? '', 'utf8')).trim().split(/\s+/);
  const rows = names.map((name) => {
    const [scene, city, location, , device] = name.replace('.wav', '').split('-');
    return `audio/${name}\t${scene}\t${city}-${location}\t${device}`;
  });
  const side = (wanted: (place: number) => boolean): string =>
    names
      .filter((name) => wanted(Number(name.split('-')[2])))
      .map((name) => `audio/${name}\t${name.split('-')[0]}`)
      .join('\n');
  await withFolder(async (root) => {
    await writeFiles(root, {
      'meta.csv': `${HEADER}\n${rows.join('\n')}\n`,
      'evaluation_setup/fold1_train.csv': `filename\tscene_label\n${side((place) => place % 4 > 0)}\n`,
      'evaluation_setup/fold1_evaluate.csv': `filename\tscene_label\n${side((place) => place % 4 === 0)}\n`,
    });
    const started = process.cpuUsage();
    const set = await loadTau(root);
    // Seen: 0.3 s of processor time. The limit only catches something quadratic.
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(5);
    expect(set.clips).toHaveLength(23_040);
    expect(set.split(1, 'train').length + set.split(1, 'evaluate').length).toBe(23_040);
    expect(set.clips.filter((clip) => clip.device === 'a')).toHaveLength(14_400);
    expect(new Set(set.clips.map((clip) => clip.location)).size).toBe(514);
    assertDisjoint(set, 1);
  });
});

const ESC_SCENES = findData('esc-scenes');
(ESC_SCENES === undefined ? it.skip : it)('reads esc-scenes: 15 classes, 4 folds, no shared location', async () => {
  const set = await loadTau(ESC_SCENES ?? '');
  expect(set.clips).toHaveLength(414);
  expect(set.labels.scenes).toHaveLength(15);
  expect(set.labels.abstracts).toEqual(['indoor', 'outdoor', 'transportation']);
  expect(set.folds).toEqual([1, 2, 3, 4]);
  expect(set.split(1, 'train')).toHaveLength(309);
  expect(set.split(1, 'evaluate')).toHaveLength(105);
  for (const fold of set.folds) assertDisjoint(set, fold);
  const devices = new Set(set.split(1, 'train').map((clip) => clip.device));
  expect([...devices].sort()).toEqual(['a', 'b', 'c', 's1', 's2', 's3']);
});
