import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAlive } from './is-alive.js';

describe('isAlive', () => {
  test('is true of this process and of the first, false of a number nobody has', async () => {
    const pids = [process.pid, 1, 2 ** 30];
    expect(await Promise.all(pids.map((pid) => isAlive(pid)))).toEqual([true, true, false]);
  });

  test('is false of a process that ended and whose parent never asked', async () => {
    if (!existsSync('/proc/self/stat')) return;
    // The shell starts a child that ends at once, tells its number, and becomes a program that waits for nobody.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 10'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const text = await new Promise<string>((resolve) =>
        parent.stdout.once('data', (data: Buffer) => resolve(`${data}`)),
      );
      const pid = Number(text);
      for (let i = 0; i < 100 && (await isAlive(pid)); i++) await new Promise((resolve) => setTimeout(resolve, 20));
      expect([existsSync(`/proc/${pid}/stat`), await isAlive(pid)]).toEqual([true, false]);
    } finally {
      parent.kill();
    }
  });
});
