import { createRng } from '@asc/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readCheckpoint } from './checkpoint.js';
import { readHistory } from './history.js';
import { runPaths } from './run-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asc-kill-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Starts a script of this folder. */
function start(script: string, argument: string) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, argument], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [told, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'exit') as Promise<[code: number | null]>;
  /** Waits for so many lines, or the end. */
  const lines = async (count: number) => {
    while (told.split('\n').length <= count && child.exitCode === null) await delay(2);
    return told.split('\n');
  };
  return { child, ended, lines, errors: () => errors };
}

describe('a process killed at any moment', () => {
  test('leaves a checkpoint that loads, whole', async () => {
    const rng = createRng(5);
    const path = join(folder, 'last.safetensors');
    const seen: number[] = [];
    for (let round = 0; round < 5; round++) {
      const { child, ended, lines } = start('./write-checkpoints-process.test.helper.js', path);
      await lines(1);
      await delay(rng.uniform() * 60);
      child.kill('SIGKILL');
      await ended;
      const { epoch, state } = await readCheckpoint(path);
      expect(state['w']?.data.every((value) => value === epoch)).toBe(true);
      seen.push(epoch);
    }
    expect(Math.max(...seen)).toBeGreaterThan(0);
  });

  test('leaves a run that resumes to the same end, bit for bit', async () => {
    const whole = start('./train-tiny-process.test.helper.js', join(folder, 'whole'));
    expect([await whole.ended, whole.errors()]).toMatchObject([[0, null], expect.not.stringContaining('Error')]);

    const rng = createRng(6);
    const killed = join(folder, 'killed');
    const beginnings: (string | undefined)[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const { child, ended, lines, errors } = start('./train-tiny-process.test.helper.js', killed);
      if (attempt < 2) {
        await lines(2 + rng.integer(15));
        await delay(rng.uniform() * 10);
        child.kill('SIGKILL');
      }
      expect([await ended, errors()]).toEqual([
        attempt < 2 ? [null, 'SIGKILL'] : [0, null],
        expect.not.stringContaining('Error'),
      ]);
      beginnings.push((await lines(1))[0]);
    }
    expect(new Set(beginnings).size).toBe(3);
    const outcome = async (name: string) => {
      const paths = runPaths(join(folder, name));
      const history = await readHistory(paths.history);
      return {
        state: (await readCheckpoint(paths.last)).state,
        best: (await readCheckpoint(paths.best)).state,
        predictions: await readFile(paths.predictions, 'utf8'),
        losses: history.map(({ epoch, loss, validation }) => [epoch, loss, validation?.logLoss]),
      };
    };
    expect(await outcome('killed')).toEqual(await outcome('whole'));
  });
});
