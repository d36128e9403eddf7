import type { FactCheck, SceneDataset } from '@asc/data';
import { expect, it } from '@jest/globals';
import { differingFacts } from './differing-facts.js';

const fact = (about: string, received: number): FactCheck => ({
  about,
  expected: 1000,
  received,
  agrees: received === 1000,
  basis: 'stated',
});
const set = (facts?: readonly FactCheck[]): SceneDataset =>
  ({ name: 'tau', root: '/data/a set', ...(facts && { facts }) }) as unknown as SceneDataset;

it('names the first number that differs from the published one, and how many do', () => {
  expect(differingFacts(set())).toBeUndefined();
  expect(differingFacts(set([fact('clips', 1000)]))).toBeUndefined();
  expect(differingFacts(set([fact('folds', 1000), fact('clips', 1999)]))).toBe(
    "tau is not as published (clips: 1,999 found, 1,000 published): asc dataset verify '/data/a set'",
  );
  expect(differingFacts(set([fact('clips', 2), fact('locations', 3)]))).toContain(
    '(clips: 2 found, 1,000 published, and 1 more)',
  );
});
