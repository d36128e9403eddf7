import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadDataset, verifyDataset, type TableFault } from '@asc/data';
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSet } from './read-set.js';
import { tau2020Names, tau2022Names, tauPlan, tut2017Plan } from './set-names.js';
import { GENERATED_SETS, writeSet } from './write-set.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asc-datasets-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the plans have the official counts', () => {
  const names = tau2020Names();
  expect([new Set(names).size, new Set(tau2022Names(names)).size, tut2017Plan().length]).toEqual([
    23_040, 230_350, 4680,
  ]);
  const devices = new Map<string | undefined, number>();
  for (const { device } of tauPlan(names)) devices.set(device, (devices.get(device) ?? 0) + 1);
  expect([devices.get('a'), devices.get('c'), devices.get('s6'), devices.size]).toEqual([14_400, 1080, 1080, 9]);
});

test.each(GENERATED_SETS)('%s is loaded, verified, split and read through', async (set) => {
  const root = join(folder, set);
  const clips = writeSet(set, root, { clips: 200 });
  const figures = await readSet(set, root);
  expect(figures).toMatchObject({ clips, missing: 0, damaged: 0 });
  expect(figures.trained).toBeGreaterThan(100);
  expect(figures.trained).toBeLessThan(200);
});

test('a hole, a damaged, a foreign and a mislabelled file are found', async () => {
  const root = join(folder, 'faulty');
  writeSet('tau2022-mobile', root, { clips: 100 });
  const whole = await loadDataset('tau2022-mobile', root);
  const [first, second] = [whole.clips.at(0)?.path ?? '', whole.clips.at(1)?.path ?? ''];
  await unlink(first);
  await writeFile(second, 'RIFF');
  await writeFile(join(root, 'audio', 'stranger.wav'), '');
  await writeFile(join(root, 'evaluation_setup', 'fold1_test.csv'), 'filename\naudio/none.wav\n');
  const faults: TableFault[] = [];
  const set = await loadDataset('tau2022-mobile', root, { onFault: (fault) => faults.push(fault) });
  const report = await verifyDataset(set, { faults });
  expect(report).toMatchObject({
    missing: [whole.clips.at(0)?.id],
    extra: ['audio/stranger.wav'],
    damaged: [{ id: whole.clips.at(1)?.id }],
    mislabelled: [{ id: 'audio/none.wav' }],
    usable: false,
  });
});
