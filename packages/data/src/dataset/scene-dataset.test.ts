import { labelSpace } from '@asc/core';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withFolder, writeFiles } from '../test-folder.test.helper.js';
import { loadFolder } from './load-folder.js';
import { loadTau } from './load-tau.js';
import { assertDisjoint, sceneDataset, sharedLocations } from './scene-dataset.js';

const clip = (id: number, location: string | undefined) => ({
  id: `${id}.wav`,
  path: `/x/${id}.wav`,
  scene: 'park',
  city: undefined,
  location,
  device: undefined,
});

it('finds exactly the locations of both sides', () => {
  const place = fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { nil: undefined });
  fc.assert(
    fc.property(fc.array(place), fc.array(place), (left, right) => {
      const train = left.map((location, i) => clip(i, location));
      const test = right.map((location, i) => clip(left.length + i, location));
      const splits = new Map([[1, { train, test }]]);
      const set = sceneDataset({
        name: 'n',
        root: '/x',
        labels: labelSpace(['park']),
        clips: [...train, ...test],
        splits,
      });
      const both = [...new Set(left)].filter((location) => location !== undefined && right.includes(location)).sort();
      expect(sharedLocations(set, 1)).toEqual(both);
      if (both.length === 0) assertDisjoint(set, 1);
      else expect(() => assertDisjoint(set, 1)).toThrow(`${both.length} shared: ${both.join(', ')}`);
    }),
    { seed: 6, numRuns: 100 },
  );
});

it('keeps the sides of a split of one’s own apart, whatever the names and the seed', async () => {
  const files = fc.uniqueArray(fc.tuple(fc.constantFrom('bus', 'park'), fc.nat(9), fc.nat(3)), {
    selector: String,
    minLength: 12,
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(files, fc.nat(99), async (chosen, seed) => {
      const groups = (label: string) => new Set(chosen.filter(([of]) => of === label).map(([, take]) => take)).size;
      fc.pre(groups('bus') > 1 && groups('park') > 1);
      await withFolder(async (root) => {
        const names = chosen.map(([label, take, part]) => `${label}/take${take}x-${part}.wav`);
        await writeFiles(root, Object.fromEntries(names.map((name) => [name, 'x'])));
        const set = await loadFolder(root, { seed });
        assertDisjoint(set, 1);
        const ids = [...set.split(1, 'train'), ...set.split(1, 'test')].map(({ id }) => id);
        expect(ids.sort()).toEqual([...names].sort());
      });
    }),
    { seed: 7, numRuns: 15 },
  );
});

it('gives official lists in their order, whatever it is', async () => {
  const rows = Array.from({ length: 12 }, (_, i) => `audio/bus-lyon-${i}-${i}-a.wav`);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(rows), async (train) => {
      await withFolder(async (root) => {
        const rest = rows.filter((row) => !train.includes(row));
        const list = (names: readonly string[]) =>
          ['filename\tscene_label', ...names.map((name) => `${name}\tbus`)].join('\n');
        await writeFiles(root, {
          'meta.csv': list(rows),
          'evaluation_setup/fold1_train.csv': list(train),
          'evaluation_setup/fold1_evaluate.csv': list(rest),
        });
        const set = await loadTau(root);
        expect(set.split(1, 'train').map(({ id }) => id)).toEqual(train);
        expect(set.split(1, 'evaluate').map(({ id }) => id)).toEqual(rest);
        assertDisjoint(set, 1);
      });
    }),
    { seed: 8, numRuns: 15 },
  );
});
