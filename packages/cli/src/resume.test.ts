import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { asc, temporaryFolder, makeScenes, TINY_RECIPE } from './asc.test.helper.js';

const folder = temporaryFolder();
const cwd = folder.path;
const train = (out: string, ...more: string[]) => ['train', 'tiny.json', '--out', out, ...more];

/** Everything a run computed, as bytes. */
function resultsOf(run: string): Record<string, string> {
  const files = ['last', 'best', 'averaged'].map((name) => `checkpoints/${name}.safetensors`);
  files.push('predictions.json');
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(cwd, run, file), 'base64')]));
}

beforeAll(async () => {
  const averaging = { kind: 'swa', lastEpochs: 2 };
  const optimiser = { ...TINY_RECIPE.optimiser, accumulate: 2 };
  writeFileSync(join(cwd, 'tiny.json'), JSON.stringify({ ...TINY_RECIPE, optimiser, averaging }));
  expect(await asc(makeScenes(15), { cwd })).toMatchObject({ code: 0 });
  expect(await asc(train('whole'), { cwd })).toMatchObject({ code: 0 });
});
afterAll(() => folder.remove());

describe('a run that was stopped', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)('goes on after %s to the same result, bit for bit', async (signal) => {
    const run = `stopped-${signal}`;
    let sent = false;
    const stopped = await asc(train(run), {
      cwd,
      onOutput: (said, kill) => {
        if (sent || !said.includes('epoch 1/')) return;
        sent = true;
        kill(signal);
      },
    });
    expect(stopped.code).toBe(signal === 'SIGINT' ? 130 : null);
    if (signal === 'SIGINT') {
      expect(stopped.stderr).toContain(`asc train ${run}/recipe.json --out ${run} --resume`);
      expect(readdirSync(join(cwd, run)).filter((name) => /partial|lock/.test(name))).toEqual([]);
    }
    expect(existsSync(join(cwd, run, 'predictions.json'))).toBe(false);
    const resumed = await asc(['train', join(run, 'recipe.json'), '--out', run, '--resume'], { cwd });
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    const [said] = resumed.stdout.split('\n');
    expect(said).toMatch(
      new RegExp(`^going on after epoch [12] of 3: the run was ${signal === 'SIGINT' ? 'interrupted' : 'killed'}$`),
    );
    expect(resultsOf(run)).toEqual(resultsOf('whole'));
    const read = (name: string) => JSON.parse(readFileSync(join(cwd, run, name), 'utf8')) as unknown;
    expect(read('status.json')).toMatchObject({ state: 'done', epoch: 3 });
    const versions = expect.objectContaining({
      '@asc/train': expect.any(String),
      'onnxruntime-node': expect.any(String),
    });
    expect(read('environment.json')).toMatchObject([{ versions }, { versions }]);
  });

  it('is not overwritten by another, nor resumed with another recipe', async () => {
    const again = await asc(train('whole'), { cwd });
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('already holds the run "tiny"')]);
    const other = await asc(train('whole', '--resume', '--set', 'batchSize=8'), { cwd });
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('batchSize')]);
  });

  it('says so when the disk is full, and leaves what was whole', async () => {
    const disk = join(cwd, 'disk');
    mkdirSync(disk);
    // Only root may mount; elsewhere the file system's own errors are tested by their packages.
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status === 0;
    if (!mounted) return;
    try {
      const { code, stderr } = await asc(train(join('disk', 'run')), { cwd });
      expect([code, stderr]).toEqual([1, expect.stringMatching(/Cannot write .*\n.*ENOSPC\n.*disk is full/)]);
      expect(readdirSync(join(disk, 'run', 'checkpoints')).filter((name) => name.includes('partial'))).toEqual([]);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

describe('a run that averages', () => {
  it('is judged and exported by its average, or by the weights asked for', async () => {
    const [last] = readFileSync(join(cwd, 'whole', 'history.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-1)
      .map((line) => JSON.parse(line) as Record<'validation' | 'averaged', { logLoss: number }>);
    const judged = async (...more: string[]) => {
      const { stdout } = await asc(['evaluate', 'whole', '--json', ...more], { cwd });
      return (JSON.parse(stdout) as { report: { logLoss: number } }).report.logLoss;
    };
    // Folded into an inference graph, a float network rounds otherwise.
    expect(await judged()).toBeCloseTo(last?.averaged.logLoss ?? NaN, 3);
    expect(await judged('--weights', 'last')).toBeCloseTo(last?.validation.logLoss ?? NaN, 3);
    expect(last?.averaged.logLoss).not.toBe(last?.validation.logLoss);
    const out = (name: string) => ['export', 'whole', '-o', name, '--json'];
    const exported = await asc([...out('mean.onnx'), '--input', 'features'], { cwd });
    expect(JSON.parse(exported.stdout)).toMatchObject({ checkpoint: 'averaged', epochs: 3 });
    const best = await asc([...out('best.onnx'), '--weights', 'best'], { cwd });
    expect(JSON.parse(best.stdout)).toMatchObject({ checkpoint: 'best' });
    const file = await asc(['evaluate', 'mean.onnx', '--weights', 'last'], { cwd });
    expect([file.code, file.stderr]).toEqual([2, expect.stringContaining('has one set of weights')]);
  });

  it('says what it does not hold', async () => {
    rmSync(join(cwd, 'whole', 'checkpoints', 'averaged.safetensors'));
    const { code, stderr } = await asc(['evaluate', 'whole'], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/no averaged weights\.\n.*Averaging has not begun/)]);
  });
});
