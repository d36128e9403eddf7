import { DataError, UsageError } from '@asc/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendCsv, formatCsv, prepareFolder } from './csv.js';

describe('the result tables', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bench-csv-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('cells with commas, quotes and line ends are quoted; numbers have six digits', () => {
    expect(formatCsv([{ cpu: 'Xeon "Gold", 2 GHz', ms: 1234.56789, note: 'a\nb' }])).toBe(
      'cpu,ms,note\n"Xeon ""Gold"", 2 GHz",1234.57,"a\nb"\n',
    );
    expect(formatCsv([])).toBe('');
  });

  test('rows of different columns are refused', () => {
    expect(() => formatCsv([{ a: 1 }, { b: 1 }])).toThrow(UsageError);
  });

  test('a table grows, with one heading', async () => {
    const path = join(folder, 'train.csv');
    await appendCsv(path, [{ a: 1, b: 2 }]);
    await appendCsv(path, [{ a: 3, b: 4 }]);
    expect(await readFile(path, 'utf8')).toBe('a,b\n1,2\n3,4\n');
  });

  test('a table of other columns is left as it is', async () => {
    const path = join(folder, 'train.csv');
    await appendCsv(path, [{ a: 1 }]);
    await expect(appendCsv(path, [{ a: 1, b: 2 }])).rejects.toThrow(DataError);
    expect(await readFile(path, 'utf8')).toBe('a\n1\n');
  });

  test('a folder that cannot be one is refused', async () => {
    const path = join(folder, 'train.csv');
    await appendCsv(path, [{ a: 1 }]);
    await expect(prepareFolder(path)).rejects.toThrow(`Results cannot be written to ${path}.`);
  });
});
