import { DataError, UsageError } from '@asc/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.js';
import { NO_TOTALS, reportEpoch } from './epoch-totals.js';
import { readHistory } from './history.js';
import { parseRecipe } from './parse-recipe.js';
import { recipeHash } from './recipe-hash.js';
import { openRun, readRun, runPaths } from './run-folder.js';
import { stepOf } from './scalar-event.js';
import { decodeRecords } from './tfrecord.js';
import { tinyRecipe } from './tiny-scenes.test.helper.js';

const recipe = tinyRecipe();
const report = (epoch: number) => reportEpoch(epoch, { ...NO_TOTALS, clips: 4, seconds: 2, loss: 8 }, 0.1, undefined);
const checkpoint = (epoch: number): Checkpoint => ({
  recipeHash: recipeHash(recipe),
  epoch,
  step: 0,
  totals: NO_TOTALS,
  state: { w: { dtype: 'float32', shape: [2], data: Float32Array.of(epoch, 0.1) } },
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asc-run-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a run folder', () => {
  test('holds recipe, environment, history, checkpoints and predictions', async () => {
    const run = await openRun(folder, { recipe, versions: { mine: '1.2.3' } });
    expect(run.checkpoint).toBeUndefined();
    await run.appendReport(report(0));
    await run.saveCheckpoint(checkpoint(1), { best: true });
    await run.appendReport(report(1));
    await run.saveCheckpoint(checkpoint(2));
    await run.writePredictions({ labels: ['a'], rows: [] });
    await run.close();
    expect((await readdir(folder)).sort()).toEqual([
      'checkpoints',
      'environment.json',
      'events.out.tfevents.run',
      'history.jsonl',
      'predictions.json',
      'recipe.json',
      'status.json',
    ]);
    const [environment] = JSON.parse(await readFile(run.paths.environment, 'utf8')) as {
      versions: object;
      cpu: string;
    }[];
    expect(environment?.versions).toMatchObject({ mine: '1.2.3', '@tensorflow/tfjs-core': '4.22.0' });
    expect((await readCheckpoint(run.paths.best)).epoch).toBe(1);
    const read = await readRun(folder);
    expect(read.recipe).toEqual(recipe);
    expect(read.history).toEqual([report(0), report(1)]);
    expect(read.history[0]).toMatchObject({ loss: 2, clipsPerSecond: 2 });
  });

  test('is not overwritten by another run, nor resumed by another recipe', async () => {
    await (await openRun(folder, { recipe })).close();
    await expect(openRun(folder, { recipe })).rejects.toThrow(/already holds the run "tiny"/);
    const other = tinyRecipe({ batchSize: 4 });
    await expect(openRun(folder, { recipe: other, resume: true })).rejects.toThrow(
      /another recipe.\nexpected batchSize: 8, received batchSize: 4/,
    );
    await (await openRun(folder, { recipe: tinyRecipe({ name: 'renamed' }), resume: true })).close();
    await expect(readRun(join(folder, 'checkpoints'))).rejects.toThrow(DataError);
  });

  test('says how it stands, and how it ended', async () => {
    const status = async () => (await readRun(folder)).status;
    const run = await openRun(folder, { recipe });
    expect(run.before).toBeUndefined();
    expect(await status()).toMatchObject({ state: 'running', epoch: 0, step: 0 });
    await run.saveCheckpoint({ ...checkpoint(1), step: 2 });
    await run.end('failed', new UsageError({ what: 'No luck.', received: 'a black cat', hint: 'Go on.' }));
    await run.close();
    const error = { what: 'No luck.', received: 'a black cat', hint: 'Go on.' };
    expect(await status()).toMatchObject({ state: 'failed', epoch: 1, step: 2, error });
    await expect(openRun(folder, { recipe })).rejects.toThrow(/received a run that failed \(No luck: a black cat\)/);

    const resumed = await openRun(folder, { recipe, resume: true });
    expect(resumed.before).toMatchObject({ state: 'failed', error });
    expect(await status()).toMatchObject({ state: 'running', epoch: 1 });
    await resumed.close();
    expect(await status()).toMatchObject({ state: 'interrupted', epoch: 1, step: 2 });

    const killed = await openRun(folder, { recipe, resume: true });
    await rm(killed.paths.lock);
    expect(await status()).toMatchObject({ state: 'killed' });
    const last = await openRun(folder, { recipe, resume: true });
    expect(last.before).toMatchObject({ state: 'killed' });
    await last.end('done');
    await last.close();
    expect(await status()).toMatchObject({ state: 'done' });
    await writeFile(last.paths.status, 'null');
    expect(await status()).toBeUndefined();
  });

  test('is not made among files of others', async () => {
    await writeFile(join(folder, 'thesis.tex'), 'x');
    await expect(openRun(folder, { recipe })).rejects.toThrow(/holds other files and no run\..*\n.*thesis\.tex/s);
    await expect(openRun(folder, { recipe, resume: true })).rejects.toThrow(UsageError);
    expect(await readdir(folder)).toEqual(['thesis.tex']);
    await rm(join(folder, 'thesis.tex'));
    await mkdir(join(folder, 'checkpoints'));
    await writeFile(join(folder, 'checkpoints', 'model.pt'), 'x');
    await expect(openRun(folder, { recipe })).rejects.toThrow(/checkpoints\/model\.pt/);
    // What a process leaves that was killed before it wrote the recipe.
    await rm(join(folder, 'checkpoints', 'model.pt'));
    await writeFile(join(folder, '.partial-1-recipe.json'), '{');
    await (await openRun(folder, { recipe })).close();
  });

  test('resumed, drops what the last checkpoint does not cover, a torn line and partial files', async () => {
    const run = await openRun(folder, { recipe });
    for (const epoch of [0, 1, 2]) await run.appendReport(report(epoch));
    await run.saveCheckpoint(checkpoint(2));
    await run.close();
    await writeFile(run.paths.history, '{"epoch": 3, "lo', { flag: 'a' });
    await writeFile(join(folder, 'checkpoints', '.partial-1-last.safetensors'), 'half');
    const resumed = await openRun(folder, { recipe, resume: true });
    expect(resumed.checkpoint?.epoch).toBe(2);
    expect(resumed.history.map(({ epoch }) => epoch)).toEqual([0, 1]);
    await resumed.appendReport(report(2));
    await resumed.close();
    expect(decodeRecords(await readFile(run.paths.events)).map(stepOf)).toEqual([0, 0, 1, 2]);
    expect((await readHistory(run.paths.history)).map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    expect(await readdir(join(folder, 'checkpoints'))).toEqual(['last.safetensors']);
  });

  test('begun before the schema grew is read and resumed by the recipe it began with', async () => {
    const { batchSize: _later, ...rest } = recipe;
    const early = rest as typeof recipe;
    const made = { ...checkpoint(2), recipeHash: recipeHash(early) };
    const run = await openRun(folder, { recipe });
    await run.saveCheckpoint(made, { best: true });
    await run.close();
    await writeFile(run.paths.recipe, JSON.stringify(early));
    const today = parseRecipe(early);
    for (const resume of [1, 2]) {
      const resumed = await openRun(folder, {
        recipe: { ...today, dataset: { ...today.dataset, root: '/moved' } },
        resume: true,
      });
      expect([resume, resumed.checkpoint?.epoch]).toEqual([resume, 2]);
      await resumed.close();
    }
    const read = await readRun(folder);
    expect(read.recipe).toEqual({ ...today, dataset: { ...today.dataset, root: '/moved' } });
    await expect(readCheckpoint(run.paths.best, read)).resolves.toMatchObject({ epoch: 2 });
  });

  test('with a damaged file says which', async () => {
    const run = await openRun(folder, { recipe });
    await run.saveCheckpoint(checkpoint(1));
    await run.close();
    await writeFile(run.paths.history, 'nonsense\n');
    await expect(openRun(folder, { recipe, resume: true })).rejects.toThrow(/Line 1 of .*history.jsonl is not/);
    await writeFile(run.paths.history, '');
    await truncate(run.paths.last, 100);
    await expect(openRun(folder, { recipe, resume: true })).rejects.toThrow(/last.safetensors is not a readable/);
    await writeFile(run.paths.recipe, '{');
    await expect(openRun(folder, { recipe, resume: true })).rejects.toThrow(/recipe.json is not JSON/);
  });

  test('that is a file, or cannot be written, is a DataError with the path', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(openRun(join(folder, 'file'), { recipe })).rejects.toThrow(DataError);
    await expect(openRun(join(folder, 'file', 'run'), { recipe })).rejects.toThrow(/Cannot write .*file.*\n.*ENOTDIR/);
    if (process.platform === 'linux') {
      await expect(openRun('/proc/nowhere/run', { recipe })).rejects.toThrow(/Cannot write \/proc\/nowhere\.\n/);
    }
    await (await openRun(join(folder, 'a', 'b'), { recipe })).close();
  });

  test('is asked of a path that holds none', async () => {
    await writeFile(join(folder, 'model.onnx'), '');
    for (const path of [folder, join(folder, 'none'), join(folder, 'model.onnx')]) {
      await expect(readRun(path)).rejects.toThrow(/is not a run folder\.\nexpected a folder with a recipe\.json/);
    }
  });

  test('keeps the old checkpoint when the new one cannot be written', async () => {
    const run = await openRun(folder, { recipe });
    await run.saveCheckpoint(checkpoint(1));
    const broken = { w: { dtype: 'float32', shape: [2], data: Float32Array.of(1, NaN) } } as const;
    await expect(run.saveCheckpoint({ ...checkpoint(2), state: broken })).rejects.toThrow(/1 numbers of "w"/);
    await run.close();
    expect((await readCheckpoint(run.paths.last)).epoch).toBe(1);
  });
});

describe('a checkpoint', () => {
  test('of another recipe is refused unless nobody asks', async () => {
    const path = join(folder, 'c.safetensors');
    await writeCheckpoint(path, checkpoint(1));
    expect(await readCheckpoint(path)).toEqual(checkpoint(1));
    await expect(readCheckpoint(path, { recipeHash: 'other' })).rejects.toThrow(UsageError);
    await expect(readCheckpoint(join(folder, 'none'))).rejects.toThrow(DataError);
  });

  test('with any changed byte is refused', async () => {
    const path = join(folder, 'c.safetensors');
    await writeCheckpoint(path, checkpoint(1));
    const bytes = await readFile(path);
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      await writeFile(path, damaged);
      await expect(readCheckpoint(path)).rejects.toThrow(DataError);
    }
  });
});

describe('the lock of a run folder', () => {
  const lockOf = (owner: object) => writeFile(runPaths(folder).lock, JSON.stringify(owner));

  test('refuses a second opener and is gone after close', async () => {
    const run = await openRun(folder, { recipe });
    await expect(openRun(folder, { recipe, resume: true })).rejects.toThrow(
      new RegExp(`Another process is using.*\\nreceived process ${process.pid} on`),
    );
    await run.close();
    await (await openRun(folder, { recipe, resume: true })).close();
  });

  test('of a dead process is taken over, also when its number was given away again', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await lockOf({ pid: child.pid, host: hostname(), born: '' });
    await (await openRun(folder, { recipe })).close();
    await lockOf({ pid: process.pid, host: hostname(), born: 'another boot 1' });
    await (await openRun(folder, { recipe, resume: true })).close();
    await writeFile(runPaths(folder).lock, 'torn');
    await utimes(runPaths(folder).lock, 1, 1);
    await (await openRun(folder, { recipe, resume: true })).close();
  });

  test('of a killed process that its parent never asked after is taken over', async () => {
    if (process.platform !== 'linux') return;
    // `exec` puts a program in the place of the shell that does not wait for the shell's child.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 20'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [told] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(told.toString());
      const fields = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      while (fields()[0] !== 'Z') await delay(5);
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      await lockOf({ pid, host: hostname(), born: `${boot} ${fields()[19]}` });
      await (await openRun(folder, { recipe })).close();
    } finally {
      parent.kill();
    }
  });

  test('of another machine, or just being taken, is respected', async () => {
    await lockOf({ pid: 1, host: 'elsewhere', born: '' });
    await expect(openRun(folder, { recipe })).rejects.toThrow(/process 1 on elsewhere.*\n.*delete the lock/);
    await writeFile(runPaths(folder).lock, '');
    await expect(openRun(folder, { recipe })).rejects.toThrow(/being taken/);
    await rm(runPaths(folder).lock);
  });

  test('goes to one of many who ask at once', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => openRun(folder, { recipe, resume: true })),
    );
    const won = results.filter((result) => result.status === 'fulfilled');
    expect(won).toHaveLength(1);
    await won[0]?.value.close();
  });
});
