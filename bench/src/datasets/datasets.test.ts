import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { datasetCatalogue, datasetEntry, loadDataset, verifyDataset, type TableFault } from '@asc/data';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMBEDDINGS } from './audioset-set.js';
import { encodeSegment } from './encode-segment.js';
import { readEmbeddings } from './read-embeddings.js';
import { readSet } from './read-set.js';
import { GENERATED_SETS, planSet, writeSet, writeTables } from './write-set.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asc-datasets-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('every set of the catalogue can be generated', () => {
  expect([...GENERATED_SETS].sort()).toEqual(
    datasetCatalogue()
      .map(({ name }) => name)
      .sort(),
  );
});

// Tables of more than 100,000 rows are read by `datasets/main.js`.
test.each(GENERATED_SETS.filter((set) => (datasetEntry(set).facts.clips?.value ?? Infinity) < 1e5))(
  '%s has every published count at full size',
  async (set) => {
    const root = join(folder, `${set}-tables`);
    const clips = writeTables(set, root);
    expect(new Set(clips.map(({ id }) => id)).size).toBe(datasetEntry(set).facts.clips?.value);
    const { facts } = await loadDataset(set, root);
    expect(facts.filter(({ agrees }) => !agrees)).toEqual([]);
    expect(facts.length).toBeGreaterThan(0);
  },
);

test('AudioSet has the published counts', () => {
  const root = join(folder, 'audioset-tables');
  const clips = writeTables('audioset', root);
  expect(new Set(clips.map(({ location }) => location)).size).toBe(22_160 + 20_371);
  const head = (list: string) => readFileSync(join(root, `${list}_segments.csv`), 'utf8').split('\n')[1];
  // The second lines of the published lists.
  expect(head('balanced_train')).toBe(
    '# num_ytids=22160, num_segs=22160, num_unique_labels=527, num_positive_labels=52882',
  );
  expect(head('eval')).toBe('# num_ytids=20371, num_segs=20371, num_unique_labels=527, num_positive_labels=51804');
  for (const side of ['train', 'test'] as const) {
    const heard = new Uint32Array(527);
    for (const clip of clips) if (clip.side === side) for (const event of clip.events ?? []) heard[event]!++;
    expect(Math.min(...heard)).toBeGreaterThanOrEqual(59);
  }
});

test.each(GENERATED_SETS)('%s is loaded, verified, split and read through', async (set) => {
  const root = join(folder, set);
  const clips = writeSet(set, root, { clips: 200 });
  const figures = await readSet(set, root);
  expect(figures).toMatchObject({ clips, missing: 0, damaged: 0 });
  const isWhole = set.endsWith('evaluation') || set.endsWith('leaderboard');
  expect(figures.read).toBeGreaterThan(isWhole ? 199 : 100);
  expect(figures.read).toBeLessThan(isWhole ? 201 : 200);
});

test('the embeddings of AudioSet tell what its lists tell', async () => {
  const root = join(folder, 'audioset');
  expect(await readEmbeddings(root)).toMatchObject({ clips: 200, missing: 0, damaged: 0 });
  const [file = ''] = readdirSync(join(root, EMBEDDINGS, 'eval'));
  await writeFile(
    join(root, EMBEDDINGS, 'eval', file),
    encodeSegment({ id: 'stranger---', startSeconds: 0, endSeconds: 10, labels: [1], frames: new Uint8Array(1280) }),
  );
  expect(await readEmbeddings(root)).toMatchObject({ missing: 1, damaged: 1 });
});

test('clips of a second are as many as published, and the lists of DCASE 2024 shares of those to train on', async () => {
  const clips = planSet('tau2022-mobile');
  const on = (wanted: string) => clips.filter(({ side }) => side === wanted).length;
  expect([new Set(clips.map(({ id }) => id)).size, on('train'), on('test')]).toEqual([230_350, 139_620, 29_680]);
  expect(planSet('tau2022-mobile-evaluation')).toHaveLength(118_800);
  const root = join(folder, 'shares');
  writeTables('tau2022-mobile', root, { clips: 5000 });
  const share = async (trainPercent: 5 | 100): Promise<number> =>
    (await loadDataset('tau2022-mobile', root, { trainPercent })).split(1, 'train').length;
  const [five, all] = [await share(5), await share(100)];
  expect(five / all).toBeCloseTo(0.05, 2);
  expect(all).toBeGreaterThan(3000);
});

test('official names make the sets of their recordings', () => {
  const names = ['bus-lyon-1-10-a.wav', 'bus-lyon-1-10-s4.wav', 'park-paris-4-20-a.wav'];
  const ids = (set: string) => writeTables(set, join(folder, `${set}-named`), { names }).map(({ id }) => id);
  expect(ids('tau2019')).toEqual(['audio/bus-lyon-1-10-a.wav', 'audio/park-paris-4-20-a.wav']);
  expect(ids('tau2022-mobile')).toHaveLength(30);
  expect(ids('tau2022-mobile')[9]).toBe('audio/bus-lyon-1-10-9-a.wav');
});

test('a hole, a damaged, a foreign and a mislabelled file are found', async () => {
  const root = join(folder, 'faulty');
  writeSet('tau2020-mobile', root, { clips: 100 });
  const whole = await loadDataset('tau2020-mobile', root);
  const [first, second] = [whole.clips.at(0)?.path ?? '', whole.clips.at(1)?.path ?? ''];
  await unlink(first);
  await writeFile(second, 'RIFF');
  await writeFile(join(root, 'audio', 'stranger.wav'), '');
  await writeFile(join(root, 'evaluation_setup', 'fold1_test.csv'), 'filename\naudio/none.wav\n');
  const faults: TableFault[] = [];
  const set = await loadDataset('tau2020-mobile', root, { onFault: (fault) => faults.push(fault) });
  const report = await verifyDataset(set, { faults });
  expect(report).toMatchObject({
    missing: [whole.clips.at(0)?.id],
    extra: ['audio/stranger.wav'],
    damaged: [{ id: whole.clips.at(1)?.id }],
    mislabelled: [{ id: 'audio/none.wav' }],
    usable: false,
  });
});
