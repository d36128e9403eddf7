import { describe, expect, it } from '@jest/globals';
import { parseTable, readTable } from './read-table.js';
import { withFolder } from '../test-folder.test.helper.js';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const fields = (text: string): (string | undefined)[][] =>
  parseTable(text, 't.csv', ['a']).rows.map((row) => [row.field('a'), row.field('b')]);

describe('parseTable', () => {
  it('finds columns by name, whatever their order', () => {
    expect(fields('b\ta\n1\t2\n')).toEqual([['2', '1']]);
    expect(fields('a\n2\n')).toEqual([['2', undefined]]);
  });

  it('tolerates a byte-order mark, Windows and old Mac line ends, and blank lines', () => {
    expect(fields('\uFEFFa\tb\r\n1\t2\r\n\r\n')).toEqual([['1', '2']]);
    expect(fields('\n\na\tb\r1\t2\r3\t4')).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });

  it('counts lines for messages as an editor does', () => {
    expect(parseTable('\na\n\nx\n', 't.csv', ['a']).rows[0]?.line).toBe(4);
  });

  it('refuses what is no such table, naming file and line', () => {
    expect(() => parseTable('', 't.csv', ['a'])).toThrow('t.csv is empty');
    expect(() => parseTable('a,b\n1,2\n', 't.csv', ['a'])).toThrow(/t\.csv:1: no column a[^]*tabs, not commas/);
    expect(() => parseTable('a\ta\n', 't.csv', ['a'])).toThrow('t.csv:1: column a stands twice');
    expect(() => parseTable('a\tb\n1\t2\n3\n', 't.csv', ['a'])).toThrow(/t\.csv:3: wrong number of fields/);
  });
});

describe('readTable', () => {
  it('says which file is missing or not text', async () => {
    await withFolder(async (folder) => {
      await expect(readTable(join(folder, 'meta.csv'), ['a'])).rejects.toThrow(
        /Cannot read .*meta\.csv[^]*no such file/,
      );
      await writeFile(join(folder, 'meta.csv'), Buffer.from([0x61, 0xff, 0xfe, 0x00]));
      await expect(readTable(join(folder, 'meta.csv'), ['a'])).rejects.toThrow('is not a text file');
    });
  });
});
