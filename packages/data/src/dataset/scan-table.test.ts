import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withFolder } from '../test-folder.test.helper.js';
import { type TableFormat, scanTable } from './scan-table.js';

const TABS: TableFormat = { separator: 'tab', header: { required: ['a'] } };
const COMMAS: TableFormat = { separator: 'comma', header: { required: ['a'] } };

async function scan(text: string | Buffer, format = TABS): Promise<(string | number | undefined)[][]> {
  return withFolder(async (folder) => {
    await writeFile(join(folder, 't.csv'), text);
    const rows: (string | number | undefined)[][] = [];
    await scanTable(join(folder, 't.csv'), format, (row) => rows.push([row.field('a'), row.field('b'), row.line]));
    return rows;
  });
}

describe('scanTable', () => {
  it('finds columns by name, whatever their order', async () => {
    expect(await scan('b\ta\n1\t2\n')).toEqual([['2', '1', 2]]);
    expect(await scan('a\n2\n')).toEqual([['2', undefined, 2]]);
  });

  it('tolerates a byte-order mark, Windows and old Mac line ends, and blank lines', async () => {
    expect(await scan('\uFEFFa\tb\r\n1\t2\r\n\r\n')).toEqual([['1', '2', 2]]);
    expect(await scan('\n\na\tb\r1\t2\r3\t4')).toEqual([
      ['1', '2', 4],
      ['3', '4', 5],
    ]);
  });

  it('reads tables without a header, whose last columns may be missing', async () => {
    const format: TableFormat = { separator: 'tab', header: { columns: ['a', 'b'], atLeast: 1 } };
    expect(await scan('x\ty/z\nw\n', format)).toEqual([
      ['x', 'y/z', 1],
      ['w', undefined, 2],
    ]);
    await expect(scan('x\ty\tz\n', format)).rejects.toThrow(
      /t\.csv:1: wrong number of fields[^]*expected 1 to 2 \(a, b\)/,
    );
    expect(await scan('', format)).toEqual([]);
  });

  it('reads commas, blanks after them, quotes and comments', async () => {
    const format: TableFormat = { ...COMMAS, comment: '#' };
    expect(await scan('# no row\na, b\n"x, ""y""", z\n"open, z\n', format)).toEqual([
      ['x, "y"', 'z', 3],
      ['"open', 'z', 4],
    ]);
    expect(await scan('a,b\n"x"y,z\n', COMMAS)).toEqual([['"x"y', 'z', 2]]);
    await expect(scan('a,b\n"x,y\n"z", "w"\n1,2,3\n', COMMAS)).rejects.toThrow(/t\.csv:4: wrong number of fields/);
  });

  it('reads the same whatever the pieces a file comes in', async () => {
    const cell = fc.stringMatching(/^[a-zä€😀/]{1,12}$/u);
    const end = fc.constantFrom('\n', '\r\n', '\r');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }),
        end,
        fc.nat(40),
        async (rows, e, n) => {
          // Blank lines of any length move where a piece of 32 kB ends.
          const lead = e.repeat(Math.max(1, Math.floor((32_768 - n) / e.length)));
          const text = `a\tb${lead}${rows.map((row) => row.join('\t')).join(e)}${e}`;
          expect((await scan(text)).map(([a, b]) => [a, b])).toEqual(rows);
        },
      ),
      { seed: 3, numRuns: 40 },
    );
  });

  it('refuses what is no such table, naming file and line', async () => {
    await expect(scan('')).rejects.toThrow('t.csv is empty');
    await expect(scan('a,b\n1,2\n')).rejects.toThrow(/t\.csv:1: no column a[^]*tabs, not commas/);
    await expect(scan('a\ta\n')).rejects.toThrow('t.csv:1: column a stands twice');
    await expect(scan('a\tb\n1\t2\n3\n')).rejects.toThrow(/t\.csv:3: wrong number of fields/);
    await expect(scan(Buffer.from([0x61, 0xff, 0xfe, 0x00]))).rejects.toThrow('is not a text file');
    await expect(scan(Buffer.from([0x61, 0xc3]))).rejects.toThrow('is not a text file');
    await expect(scan(`a\n${'x'.repeat(200_000)}`)).rejects.toThrow(/is no table[^]*lines of at most/);
    await expect(scanTable('/no/such/meta.csv', TABS, () => undefined)).rejects.toThrow(
      /Cannot read .*meta\.csv[^]*no such file/,
    );
    await expect(scanTable('/', TABS, () => undefined)).rejects.toThrow(/Cannot read \/\.[^]*EISDIR/);
  });
});
