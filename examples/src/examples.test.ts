import { afterAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const here = fileURLToPath(new URL('./', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'asc-examples-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

/** What a program says; it must not fail. */
function run(file: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} failed:\n${stderr}`);
  return stdout;
}

const example = (name: string): string => run(join(here, `${name}.js`));

/** The code blocks of the README in one language. */
function blocks(language: string): string[] {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].flatMap(([, of, code]) =>
    of === language ? [code ?? ''] : [],
  );
}

describe('examples', () => {
  it('log-mel: a recording becomes a map', () => {
    expect(example('log-mel')).toContain('128 bands × 129 frames × 1 channel');
    expect(existsSync(join(cwd, 'log-mel.npy'))).toBe(true);
  });

  it('custom-layer: a layer of one’s own trains, exports and quantizes', () => {
    const said = example('custom-layer');
    expect(said).toContain('most listened to: band 1');
    for (const [, right] of said.matchAll(/(\d+) of 64 right/g)) expect(Number(right)).toBeGreaterThan(58);
    expect(said).toMatch(/float: .*\nint8: /);
  });

  it('build-model: a network is counted as published', () => {
    expect(example('build-model')).toContain('dcase2024-deployed: 61148 parameters, 29419156 MACs');
  });

  it('train, then ship: well above chance from raw samples in int8', () => {
    const said = example('train');
    expect(said.match(/^epoch \d+: /gm)).toHaveLength(12);
    expect(Number(/accuracy ([\d.]+) %/.exec(said)?.[1])).toBeGreaterThan(25);
    // A second call finds the run done and says the same of it.
    expect(example('train')).toBe(said.slice(said.search(/^90 clips /m)));
    const shipped = example('ship');
    const [, float = '0', , int8 = '0'] =
      /float.onnx: (\d+) bytes\nhalf.onnx: (\d+) bytes\nint8.onnx: (\d+)/.exec(shipped) ?? [];
    expect(Number(int8)).toBeLessThan(0.6 * Number(float));
    expect(Number(/(\d+) of 90 right/.exec(shipped)?.[1])).toBeGreaterThan(22);
  });
});

describe('README', () => {
  it('shows code that runs', () => {
    const [code = ''] = blocks('ts');
    expect(code.split('\n').length).toBeLessThan(30);
    const file = join(here, 'readme-block.mjs');
    writeFileSync(file, code);
    const lines = run(file).trimEnd().split('\n');
    expect(lines[0]).toMatch(/^accuracy 0\.\d+ log loss [\d.]+$/);
    expect(lines.slice(1)).toHaveLength(3);
    for (const line of lines.slice(1)) expect(line).toMatch(/^audio\/.*\.wav 0\.\d+$/);
  });

  it('shows commands that work, one after the other', () => {
    const [commands = ''] = blocks('sh');
    expect(commands).toContain('npx asc train');
    // The same commands on a smaller set and for one epoch.
    const quick = commands
      .replace('--clips-per-scene 60', '--clips-per-scene 15')
      .replace(/(asc train .*)/, '$1 --set epochs=1');
    const main = join(root, 'packages', 'cli', 'bin', 'asc.mjs');
    symlinkSync(join(root, 'recipes'), join(cwd, 'recipes'));
    rmSync(join(cwd, 'scenes'), { recursive: true, force: true });
    const script = `set -e\nnpx() { shift; '${process.execPath}' '${main}' "$@"; }\n${quick}`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/-s6\.wav {2,}[a-z_]+ +[\d.]+ %/);
  });
});
