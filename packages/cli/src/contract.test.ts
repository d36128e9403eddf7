import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeOnnx, type OnnxModel } from '@asc/onnx';
import { asc, temporaryFolder } from './asc.test.helper.js';

const COMMANDS = [
  ['quickstart'],
  ['models'],
  ['complexity'],
  ['dataset', 'list'],
  ['dataset', 'download'],
  ['dataset', 'pack'],
  ['dataset', 'synth'],
  ['dataset', 'verify'],
  ['dataset', 'corrupt'],
  ['features'],
  ['train'],
  ['teach'],
  ['evaluate'],
  ['compare'],
  ['export'],
  ['quantize'],
  ['predict'],
  ['submit'],
  ['listen'],
  ['bench'],
] as const;

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('asc', () => {
  it('lists its commands, and every command shows an example', async () => {
    const helps = await Promise.all([asc(['--help']), ...COMMANDS.map((words) => asc([...words, '--help']))]);
    for (const help of helps) {
      expect(help).toMatchObject({ code: 0, stderr: '' });
      for (const line of help.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(140);
    }
    for (const [words] of COMMANDS) expect(helps[0]?.stdout).toContain(words);
    COMMANDS.forEach((words, i) => expect(helps[i + 1]?.stdout).toContain(`Example:\n  asc ${words.join(' ')}`));
  });

  it('prints one JSON document with --json, and nothing else', async () => {
    const calls = [
      ['models'],
      ['features', '--list'],
      ['complexity', 'dcase2024'],
      ['dataset', 'list'],
      ['bench', 'features', '--seconds', '0.01'],
    ];
    const outcomes = await Promise.all(calls.map((words) => asc([...words, '--json'])));
    for (const { code, stdout, stderr } of outcomes) {
      expect([code, stderr]).toEqual([0, '']);
      expect(() => JSON.parse(stdout) as unknown).not.toThrow();
    }
  });

  it('re-derives the published cost of the DCASE 2024 baseline', async () => {
    const { stdout } = await asc(['complexity', 'dcase2024', '--rule', 'dcase2024', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      parameters: 61_148,
      macs: 29_419_156,
      accounts: { torch: { parameters: 61_148 }, tflite: { bytes: 63_856 } },
      rules: [{ storage: 'float32', passes: false }, { passes: true }, { passes: true }, { storage: 'int8+int32' }],
    });
  });

  it('times a step, a front end and a classifier', async () => {
    const words = (kind: string, name: string) => [
      'bench',
      kind,
      name,
      '--seconds',
      '0.01',
      '--threads',
      '1',
      '--json',
    ];
    const [step, answer] = await Promise.all([
      asc([...words('train', 'dcase2021'), '--batch', '2']),
      asc(words('infer', 'dcase2021')),
    ]);
    const ends = await asc(['bench', 'features', 'vggish', '--seconds', '0.01']);
    const rates = { runs: 3, clipsPerSecond: expect.any(Number), gigaflops: expect.any(Number) };
    expect(JSON.parse(step.stdout)).toMatchObject({
      kind: 'train',
      network: 'dcase2021',
      batch: 2,
      threads: 1,
      ...rates,
    });
    expect(JSON.parse(answer.stdout)).toMatchObject({
      kind: 'infer',
      model: 'dcase2021',
      batch: 1,
      ...rates,
      runs: expect.any(Number),
    });
    expect(ends.stdout).toMatch(/^the front end vggish on 5 s of sound, one thread\n[\d.]+ ms .* times real time\n$/);
  });

  it('counts the zeros in the weights of a PyTorch checkpoint', async () => {
    const weights = fileURLToPath(new URL('../../../golden/weights/dcase2024.safetensors', import.meta.url));
    const { stdout } = await asc(['complexity', 'dcase2024', '--weights', weights, '--rule', 'dcase2021', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      nonZeroParameters: 61_148,
      rules: [{ overBytes: 4 * 61_148 - 131_072 }, {}, {}],
    });
  });

  it('says that it is not built, where it is not', () => {
    mkdirSync(join(folder.path, 'bin'));
    const copy = join(folder.path, 'bin', 'asc.mjs');
    copyFileSync(new URL('../bin/asc.mjs', import.meta.url), copy);
    const { status, stderr } = spawnSync(process.execPath, [copy, 'models'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, 'error: asc is not built yet.\n  Build it first: npm run build\n']);
  });

  it('bears a reader that leaves, and tells of an output that cannot be written', () => {
    const main = fileURLToPath(new URL('../bin/asc.mjs', import.meta.url));
    const shell = (command: string) => spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    const piped = shell(`set -o pipefail; '${process.execPath}' '${main}' models | head -1`);
    expect([piped.status, piped.stderr]).toEqual([0, '']);
    expect(piped.stdout).toContain('amfm-small');
    if (process.platform !== 'linux') return;
    const full = shell(`'${process.execPath}' '${main}' models > /dev/full`);
    expect(full.status).toBe(1);
    expect(full.stderr).toContain('the disk is full');
  });
});

/** A wrong call: words, exit code, and what the message must hold. */
const WRONG: readonly (readonly [string, readonly string[], number, readonly string[]])[] = [
  ['no command', [], 2, ['Usage: asc']],
  ['an unknown command', ['feature'], 2, ["unknown command 'feature'", 'Did you mean features?']],
  ['an unknown option', ['models', '--jsn'], 2, ["unknown option '--jsn'", 'Did you mean --json?']],
  ['a missing argument', ['train'], 2, ['missing required argument']],
  ['a number that is none', ['predict', 'm.onnx', 'a.wav', '--top', 'x'], 2, ['whole number']],
  ['an unknown network', ['complexity', 'amfm-smal'], 2, ['Did you mean "amfm-small"?']],
  ['an unknown rule', ['complexity', 'dcase2024', '--rule', 'dcase2042'], 2, ['Did you mean "dcase202']],
  ['nothing that can be timed', ['bench', 'score'], 2, ['train, features, infer']],
  ['a network without classes', ['bench', 'train', 'vggish'], 2, ['"vggish"', 'embedding']],
  ['a front end in batches', ['bench', 'features', '--batch', '3'], 2, ['no --batch']],
  ['a classifier that is not there', ['bench', 'infer', 'gone.onnx'], 1, ['gone.onnx does not exist']],
  ['weights that are not there', ['complexity', 'dcase2024', '--weights', 'gone'], 1, ['Cannot read the weights gone']],
  ['weights that are none', ['complexity', 'dcase2024', '--weights', 'text.wav'], 1, ['text.wav is not a readable']],
  ['an unknown front end', ['features', 'a.wav', '--preset', 'shim2202'], 2, ['Did you mean "shim2022"?']],
  ['a recording that is not there', ['features', 'gone.wav'], 1, ['gone.wav']],
  ['a recording that is none', ['features', 'text.wav'], 1, ['text.wav', 'WAV, FLAC or MP3']],
  ['a recipe that is not there', ['train', 'gone.json'], 1, ['Cannot read the recipe gone.json', 'ENOENT']],
  ['a recipe that is not JSON', ['train', 'text.wav'], 2, ['text.wav is not JSON']],
  ['an unknown key in a recipe', ['train', 'key.json'], 2, ['"epoch"', 'Did you mean "epochs"?']],
  ['a value of the wrong kind', ['train', 'good.json', '--set', 'epochs=many'], 2, ['"epochs"', 'number']],
  ['a dataset that is not there', ['train', 'good.json'], 1, ['"nowhere" is not there', 'ASC_DATA_DIR']],
  ['an unknown set', ['dataset', 'download', 'tau2020'], 2, ['one of esc50', 'Did you mean']],
  ['a set without archives', ['dataset', 'download', 'esc50'], 2, ['not offered as checksummed archives', 'esc50.csv']],
  ['a mirror that is none', ['dataset', 'download', 'tut2017', '--base-url', '/mnt'], 2, ['https://', '/mnt']],
  ['a set packed into itself', ['dataset', 'pack', 'mine', '--out', 'mine/flac'], 2, ['into itself', 'mine']],
  [
    'a set that nobody published',
    ['dataset', 'verify', 'tau2031', '--root', '.'],
    2,
    ['no such dataset', 'tau2020-mobile'],
  ],
  ['a set that is not there', ['dataset', 'verify', 'tut2017', '--root', 'nowhere'], 1, ['"nowhere" is not there']],
  ['a model that is not there', ['predict', 'gone.onnx', 'text.wav'], 1, ['gone.onnx does not exist']],
  ['a model that is none', ['predict', 'text.wav', 'text.wav'], 1, ['text.wav']],
  ['a model without a card', ['predict', 'bare.onnx', 'text.wav'], 1, ['bare.onnx: ', 'no model card', 'asc export']],
  ['a recipe begun with a byte order mark', ['train', 'bom.json'], 1, ['"nowhere" is not there']],
  ['a name that leads elsewhere', ['train', 'good.json', '--set', 'name=../../x'], 2, ['"../../x"', '--out RUN']],
  ['a path that is empty', ['train', 'good.json', '--out', ''], 2, ['--out <RUN>', 'Expected a path']],
  ['a recording too short for its front end', ['features', 'blip.wav'], 1, ['blip.wav: ', 'too short']],
  ['a file in the place of a run', ['export', 'text.wav', '-o', 'x.onnx'], 1, ['text.wav is not a run folder']],
  ['an output that is a folder', ['features', 'good.wav', '-o', 'mine'], 2, ['Cannot write mine', 'a folder']],
  ['a limit of no cache', ['train', 'good.json', '--cache-gigabytes', '1'], 2, ['--cache DIR']],
  ['an empty set', ['dataset', 'pack', 'nothing', '--out', 'packed'], 2, ['nothing cannot be packed', 'no recordings']],
  ['a run that is none', ['export', '.', '-o', 'x.onnx'], 1, ['. is not a run folder']],
  [
    'an output below a file',
    ['features', 'good.wav', '-o', 'text.wav/a.npy'],
    1,
    ['Cannot write text.wav', 'a file of that name'],
  ],
  ['a folder of somebody else', ['quickstart', '--out', 'mine'], 2, ['holds something else', '--out DIR']],
];

describe('a wrong call', () => {
  beforeAll(() => {
    const write = (name: string, content: string | Uint8Array) => writeFileSync(join(folder.path, name), content);
    const recipe = {
      name: 'r',
      dataset: { kind: 'tau', root: 'nowhere' },
      features: { preset: 'amfm-small' },
      clip: { seconds: 1 },
      model: { preset: 'amfm-small' },
    };
    write('text.wav', 'this is no sound');
    write('good.json', JSON.stringify(recipe));
    write('key.json', JSON.stringify({ ...recipe, epoch: 3 }));
    write('good.wav', silentWav());
    write('blip.wav', silentWav(1));
    write('bom.json', `\uFEFF${JSON.stringify(recipe)}`);
    write('bare.onnx', encodeOnnx(BARE_MODEL));
    mkdirSync(join(folder.path, 'mine'));
    write('mine/diary.txt', 'dear diary');
    mkdirSync(join(folder.path, 'nothing'));
  });

  it.each(WRONG)('says so: %s', async (_, words, code, holds) => {
    const outcome = await asc(words, { cwd: folder.path });
    expect(outcome).toMatchObject({ code, stdout: '' });
    for (const part of holds) expect(outcome.stderr).toContain(part);
    expect(outcome.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
    if (words.length > 0) expect(outcome.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
  });

  it('shows where it happened with --debug', async () => {
    const { stderr } = await asc(['features', 'gone.wav', '--debug'], { cwd: folder.path });
    expect(stderr).toMatch(/^\s+at .*:\d+:\d+/m);
  });
});

/** A model that knows nothing about itself. */
const BARE_MODEL: OnnxModel = {
  irVersion: 9,
  producer: 'test',
  opsets: { '': 17 },
  graphName: 'bare',
  inputs: [{ name: 'x', type: 'float32', shape: [1] }],
  outputs: [{ name: 'y', type: 'float32', shape: [1] }],
  valueInfo: [],
  nodes: [{ op: 'Relu', domain: '', name: 'relu', inputs: ['x'], outputs: ['y'], attributes: {} }],
  initializers: new Map(),
  metadata: {},
};

/** Silence, a second of it: 8 kHz, 16 bit, mono. */
function silentWav(samples = 8000): Uint8Array {
  const bytes = Buffer.alloc(44 + 2 * samples);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + 2 * samples, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  for (const [at, value] of [
    [16, 16],
    [24, 8000],
    [28, 16_000],
  ] as const) {
    bytes.writeUInt32LE(value, at);
  }
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const) {
    bytes.writeUInt16LE(value, at);
  }
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(2 * samples, 40);
  return bytes;
}
