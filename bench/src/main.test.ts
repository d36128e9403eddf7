import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

function bench(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
}

describe('bench', () => {
  let out = '';
  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), 'bench-main-'));
  });
  afterAll(() => rm(out, { recursive: true, force: true }));

  test('train runs our side alone and appends to its table', async () => {
    const small = ['--rounds', '1', '--steps', '1', '--warmup', '0', '--batch', '2', '--bands', '24', '--frames', '24'];
    const { status, stdout } = bench('train', '--ours', ...small, '--out', out);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^asc +[\d.]+ \([\d.]+–[\d.]+\) +[\d.]+$/m);
    const [heading, row, end] = (await readFile(join(out, 'train.csv'), 'utf8')).split('\n');
    expect(heading).toMatch(/^date,commit,cpu,cores,load,node,onnxruntime,torch,librosa,contender,/);
    expect(row).toMatch(/,asc,amfm-small,2,2,24,24,1,1,/);
    expect(end).toBe('');
  });

  test.each([
    [[], 'expected train, features, extract, infer, epoch, growth, received nothing'],
    [['train', '--steps', '0'], 'expected an integer of at least 1, received 0'],
    [['features', '--batch', '2'], 'has an unknown key "batch"'],
  ])('%j is a wrong call', (args, message) => {
    const { status, stdout, stderr } = bench(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});
