import { listPresets } from '@asc/models';
import { expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { networksTable, readRecord, TRAINED, worstValue } from './networks-table.mjs';

const names = listPresets().map(({ name }) => name);

test('docs/networks.md is what the packages say; else run node scripts/networks-table.mjs', () => {
  expect(readFileSync(new URL('../docs/networks.md', import.meta.url), 'utf8')).toBe(networksTable());
});

test('every preset has values of PyTorch; else add it to golden/make', () => {
  expect(names.filter((name) => !existsSync(new URL(`../golden/models/${name}.json`, import.meta.url)))).toEqual([]);
});

test('every preset has passed onnx.checker; else run golden/make/check_networks.py', () => {
  expect(readRecord('networks-checked').passed.toSorted()).toEqual(names.toSorted());
});

test('every preset has trained two steps as tfjs does; else run node scripts/train-networks.mjs', () => {
  const { presets } = readRecord('networks-trained');
  expect(Object.keys(presets).toSorted()).toEqual(names.toSorted());
  for (const [name, differences] of Object.entries(presets)) {
    expect([name, worstValue(differences) <= TRAINED.values]).toEqual([name, true]);
    expect([name, differences.momenta <= TRAINED.momenta]).toEqual([name, true]);
  }
});
