import { createRng, labelSpace, type Predictions } from '@asc/core';
import { writeWav } from '@asc/data';
import { evaluate } from '@asc/evaluate';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asc, temporaryFolder, makeScenes, TINY_RECIPE } from './asc.test.helper.js';

interface Scored {
  readonly report: { readonly clips: number; readonly accuracy: number; readonly logLoss: number };
}

const folder = temporaryFolder();
const cwd = folder.path;

/** What a call with `--json` says; its success is asserted. */
async function tell<T>(...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await asc([...words, '--json'], { cwd });
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as T;
}

beforeAll(async () => {
  writeFileSync(join(cwd, 'tiny.json'), JSON.stringify(TINY_RECIPE));
  expect(await asc(makeScenes(20), { cwd })).toMatchObject({ code: 0, stderr: '' });
  const trained = await asc(['train', 'tiny.json', '--out', 'run', '--set', 'epochs=8'], { cwd });
  expect(trained).toMatchObject({ code: 0, stderr: '' });
  // A clean log where nobody watches: a line an epoch, no escape sequences.
  const epochs = trained.stdout.split('\n').filter((line) => line.startsWith('epoch '));
  expect(epochs).toHaveLength(8);
  expect(trained.stdout).not.toContain('\u001B');
});
afterAll(() => folder.remove());

describe('the whole line', () => {
  it('scores a run, its exports and its int8 form by one path, and they agree', async () => {
    await tell('export', 'run', '-o', 'wave.onnx');
    await tell('export', 'run', '-o', 'half.onnx', '--fp16');
    const small = await tell<{ bytes: { before: number; after: number }; before: unknown; after: unknown }>(
      'quantize',
      'wave.onnx',
      '--calibrate',
      'run',
      '-o',
      'small.onnx',
      '--verify',
    );
    expect(small.bytes.after).toBeLessThan(0.7 * small.bytes.before);
    const [run, wave, half, int8] = await Promise.all(
      ['run', 'wave.onnx', 'half.onnx', 'small.onnx'].map((model) =>
        tell<Scored>('evaluate', model, '--dataset', 'scenes'),
      ),
    );
    expect(run?.report.clips).toBe(90);
    // Well above chance, which is 10 % and ln 10.
    expect(run?.report.accuracy).toBeGreaterThan(0.25);
    expect(run?.report.logLoss).toBeLessThan(2);
    // The front end in the graph differs from the one in TypeScript by rounding alone.
    expect(wave?.report.logLoss).toBeCloseTo(run?.report.logLoss ?? 0, 3);
    expect(half?.report.logLoss).toBeCloseTo(run?.report.logLoss ?? 0, 2);
    expect(Math.abs((int8?.report.logLoss ?? 0) - (run?.report.logLoss ?? 0))).toBeLessThan(0.2);
    expect(small.before).toEqual(wave?.report);
    expect(small.after).toEqual(int8?.report);
    // The last validation of the run and the evaluation after it are the same number.
    const history = readFileSync(join(cwd, 'run', 'history.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const last = JSON.parse(history.at(-1) ?? '') as { validation: { accuracy: number } };
    expect(run?.report.accuracy).toBe(last.validation.accuracy);
    await tell('complexity', 'small.onnx');
  });

  it('averages test-time copies, the same ones every time, and writes what it compares', async () => {
    interface Told extends Scored {
      readonly tta: { readonly passes: number } | null;
    }
    const [plain, once, again] = await Promise.all([
      tell<Told>('evaluate', 'run', '--predictions', 'p/plain.json'),
      tell<Told>('evaluate', 'run', '--tta', '5', '--predictions', 'p/once.csv'),
      tell<Told>('evaluate', 'run', '--tta', '5', '--predictions', 'p/again.csv'),
    ]);
    expect([plain?.tta, once?.tta?.passes]).toEqual([null, 5]);
    expect(once?.report.logLoss).not.toBe(plain?.report.logLoss);
    expect(once?.report).toEqual(again?.report);
    expect(readFileSync(join(cwd, 'p', 'once.csv'))).toEqual(readFileSync(join(cwd, 'p', 'again.csv')));
    const { pairs } = await tell<{ pairs: { logLoss: { difference: number; b: number } }[] }>(
      'compare',
      'run',
      'p/plain.json',
      'p/once.csv',
    );
    // The run's predictions are those of the network it trained, the file's those of the same in one graph.
    expect(pairs[0]?.logLoss.difference).toBeCloseTo(0, 5);
    expect(pairs[1]?.logLoss.b).toBeCloseTo(once?.report.logLoss ?? 0, 12);
  });

  it('finds chance where nothing was learnt, and where labels are shuffled', async () => {
    const still = ['--set', 'epochs=1', '--set', 'optimiser.learningRate=1e-12', '--set', 'schedule.kind=constant'];
    await tell('train', 'tiny.json', '--out', 'untrained', ...still);
    const { report } = await tell<Scored>('evaluate', 'untrained');
    const predictions = JSON.parse(readFileSync(join(cwd, 'run', 'predictions.json'), 'utf8')) as Predictions;
    const order = createRng(1).permutation(predictions.rows.length);
    const shuffled = predictions.rows.map((row, i) => ({ ...row, scene: predictions.rows[order[i] ?? 0]?.scene }));
    const { accuracy } = evaluate({ ...predictions, rows: shuffled }, labelSpace(predictions.labels));
    // Chance is 10 %, its deviation over 90 clips 3.2 %.
    expect(report.accuracy).toBeLessThan(0.2);
    expect(report.logLoss).toBeGreaterThan(2.2);
    expect(accuracy).toBeLessThan(0.2);
  });

  it('writes a page that holds what the report says, with the worst mistakes to see and hear', async () => {
    const refused = await asc(['evaluate', 'run', '--report', 'scenes'], { cwd });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('Cannot write scenes')]);
    const { report } = await tell<Scored>('evaluate', 'run', '--report', 'pages/run.html');
    const page = readFileSync(join(cwd, 'pages', 'run.html'), 'utf8');
    expect(page).toContain(`${(100 * report.accuracy).toFixed(1)}\u00A0%`);
    expect(page.match(/src="data:image\/png;base64,iVBORw0KGgo[^"]+"/g)).toHaveLength(6);
    expect(page.match(/src="data:audio\/wav;base64,UklGR[^"]+"/g)).toHaveLength(6);
    expect(page).toContain('dcase2024');
    expect(page).toContain('&quot;kind&quot;: &quot;extended-mtl&quot;');
    expect(page).not.toMatch(/<script|NaN|https?:/);
  });

  it('predicts recordings of any length, one line each, and tells of those it cannot read', async () => {
    await tell('export', 'run', '-o', 'predict.onnx');
    const clip = join('scenes', 'audio', readdirSync(join(cwd, 'scenes', 'audio'))[0] ?? '');
    writeFileSync(join(cwd, 'broken.wav'), 'RIFFnonsense');
    const { code, stdout, stderr } = await asc(['predict', 'predict.onnx', clip, 'broken.wav', clip], { cwd });
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(stdout).toMatch(/\.wav {2,}[a-z_]+ +[\d.]+ %/);
    expect(stderr).toContain('1 of 3 recordings could not be read');
    const told = await tell<{ files: { top: { scene: string; probability: number }[] }[] }>(
      'predict',
      'predict.onnx',
      clip,
      '--top',
      '10',
    );
    const sum = (told.files[0]?.top ?? []).reduce((total, { probability }) => total + probability, 0);
    expect(sum).toBeCloseTo(1, 4);
  });

  it('marks a recording in which nothing is to be heard', async () => {
    await writeWav(join(cwd, 'silent.wav'), { samples: new Float32Array(32_000), sampleRateHz: 16_000 });
    for (const input of ['waveform', 'features']) {
      await tell('export', 'run', '-o', 'quiet.onnx', '--input', input);
      const clip = join('scenes', 'audio', readdirSync(join(cwd, 'scenes', 'audio'))[0] ?? '');
      const told = await tell<{ files: { silent: boolean }[] }>('predict', 'quiet.onnx', 'silent.wav', clip);
      expect(told.files.map(({ silent }) => silent)).toEqual([true, false]);
    }
    const { stdout } = await asc(['predict', 'quiet.onnx', 'silent.wav'], { cwd });
    expect(stdout).toMatch(/^silent\.wav .*\(silent: this means nothing\)\n$/);
  });

  it('refuses what cannot be trained before it makes a folder', async () => {
    const refused = await asc(['train', 'tiny.json', '--out', 'bad', '--set', 'model.options.classes=3'], { cwd });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('"model.options.classes"')]);
    cpSync(join(cwd, 'scenes'), join(cwd, 'open'), { recursive: true });
    writeFileSync(join(cwd, 'open', 'evaluation_setup', 'fold1_evaluate.csv'), 'filename\tscene_label\n');
    const none = await asc(['train', 'tiny.json', '--out', 'bad', '--dataset', 'open'], { cwd });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('Nothing is held out in fold 1 of open')]);
    expect(existsSync(join(cwd, 'bad'))).toBe(false);
  });

  it('finds a set that is not whole', async () => {
    expect(await tell('dataset', 'verify', 'scenes')).toMatchObject({ usable: true, missing: [] });
    cpSync(join(cwd, 'scenes'), join(cwd, 'holes'), { recursive: true });
    const gone = readdirSync(join(cwd, 'holes', 'audio'))[0] ?? '';
    rmSync(join(cwd, 'holes', 'audio', gone));
    const { code, stdout, stderr } = await asc(['dataset', 'verify', 'holes', '--json'], { cwd });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ usable: false, missing: [`audio/${gone}`] });
    expect(stderr).toContain('received 1 missing');
  });

  it('writes a map for numpy and a picture', async () => {
    const clip = join('scenes', 'audio', readdirSync(join(cwd, 'scenes', 'audio'))[0] ?? '');
    const told = await tell('features', clip, '--preset', 'clova2021', '-o', 'map.npy', '--plot', 'map.png');
    expect(told).toMatchObject({ bands: 128, channels: 3, seconds: 1.5 });
    expect(readFileSync(join(cwd, 'map.npy')).subarray(1, 6).toString()).toBe('NUMPY');
    expect(readFileSync(join(cwd, 'map.png')).subarray(1, 4).toString()).toBe('PNG');
  });

  it('refuses a model and a dataset that speak of different scenes', async () => {
    await tell('export', 'run', '-o', 'other.onnx');
    const audio = readdirSync(join(cwd, 'scenes', 'audio')).slice(0, 4);
    for (const [i, name] of audio.entries()) {
      const label = join(cwd, 'labels', i < 2 ? 'kitchen' : 'garden');
      mkdirSync(label, { recursive: true });
      copyFileSync(join(cwd, 'scenes', 'audio', name), join(label, name));
    }
    const { code, stderr } = await asc(['evaluate', 'other.onnx', '--dataset', 'labels'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('does not know all scenes')]);
  });
});
