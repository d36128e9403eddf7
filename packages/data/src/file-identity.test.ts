import { rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@asc/core';
import { expect, it } from '@jest/globals';
import { fileIdentity } from './file-identity.js';
import { withFolder } from './test-folder.test.helper.js';

it('knows a file wherever it lies, and not once it is changed', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'a.wav');
    const content = Buffer.alloc(50_000, 'sound');
    await writeFile(path, content);
    const { mtime } = await stat(path);
    const before = await fileIdentity(path);
    await rename(path, join(folder, 'b.wav'));
    expect(await fileIdentity(join(folder, 'b.wav'))).toBe(before);
    // Changed behind the back of its time: at the end, in the middle.
    for (const at of [0, 25_000, 49_999]) {
      const changed = Buffer.from(content);
      changed[at] = 0;
      await writeFile(path, changed);
      await utimes(path, mtime, mtime);
      expect(await fileIdentity(path)).not.toBe(before);
    }
    await writeFile(path, content);
    await utimes(path, new Date(0), new Date(0));
    expect(await fileIdentity(path)).not.toBe(before);
    await expect(fileIdentity(join(folder, 'none.wav'))).rejects.toBeInstanceOf(DataError);
  });
});
