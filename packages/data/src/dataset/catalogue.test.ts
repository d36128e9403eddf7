import { UsageError } from '@asc/core';
import { expect, it } from '@jest/globals';
import { datasetCatalogue, datasetEntry } from './catalogue.js';

it('knows every official set, its archives and their checksums', () => {
  const entries = datasetCatalogue();
  expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
  // Totals of the reference's own table.
  const total = (name: string): number => datasetEntry(name).archives.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(total('tut2017')).toBe(10_700_420_548);
  expect(total('tau2020-mobile')).toBe(27_364_817_167);
  expect(total('tau2022-mobile')).toBe(27_503_592_469);
  for (const { archives, folder, howToGet } of entries) {
    expect(archives.length > 0 || howToGet !== undefined).toBe(true);
    for (const { file, url, bytes, md5 } of archives) {
      expect(file.startsWith(`${folder}.`) && url.endsWith(`/${file}`)).toBe(true);
      expect(Number.isInteger(bytes) && bytes > 0).toBe(true);
      expect(md5).toMatch(/^[0-9a-f]{32}$/);
    }
  }
});

it('finds a set by its name or folder and teaches where there is none', () => {
  expect(datasetEntry('TAU-urban-acoustic-scenes-2019-development').name).toBe('tau2019');
  expect(() => datasetEntry('tau2020-mobil')).toThrow(UsageError);
  expect(() => datasetEntry('tau2020-mobil')).toThrow(/Did you mean "tau2020-mobile"/);
});
