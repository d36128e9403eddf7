import { createRng, labelSpace } from '@asc/core';
import { frontEnd } from '@asc/features';
import { exportOnnx, writeOnnxFile } from '@asc/onnx';
import { loadClassifier } from '@asc/runtime';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { initializers, input, layers, model } from '@tensorflow/tfjs-layers';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import { temporaryFolder, type Outcome } from './asc.test.helper.js';

const MAIN = fileURLToPath(new URL('../bin/asc.mjs', import.meta.url));
const RATE = 8000;
const folder = temporaryFolder();
const file = join(folder.path, 'tiny.onnx');

/** Noise whose level moves, as 16 bit integers. */
const sound = Int16Array.from({ length: 3.5 * RATE }, (_, i) => 8000 * Math.sin(i * i * 0.11) * Math.sin(i / 4000));

interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Outcome>;
}

function listen(words: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [MAIN, 'listen', file, ...words], {
    env: { PATH: process.env['PATH'], ...env },
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (chunk) => (said[name] += String(chunk)));
  child.stdin.on('error', () => undefined);
  return { child, done: new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said }))) };
}

/** Hears bytes on standard input to their end. */
function hear(bytes: Uint8Array, ...words: string[]): Promise<Outcome> {
  const { child, done } = listen(['-', ...words]);
  child.stdin?.end(bytes);
  return done;
}

const bytesOf = (samples: Int16Array | Float32Array) => new Uint8Array(samples.buffer);

beforeAll(async () => {
  const ends = frontEnd({
    preset: 'dcase2024',
    sampleRateHz: RATE,
    windowSamples: 160,
    hopSamples: 80,
    fftLength: 256,
    bands: 16,
    minHz: 0,
    maxHz: RATE / 2,
  });
  const map = input({ shape: [ends.bands, ends.frames(RATE), ends.channels], name: 'features' });
  const flat = layers.flatten({ name: 'flat' }).apply(map);
  const kernelInitializer = initializers.randomUniform({ minval: -0.01, maxval: 0.01, seed: 4 });
  const logits = layers.dense({ units: 3, kernelInitializer, name: 'logits' }).apply(flat) as typeof map;
  const card = {
    name: 'tiny',
    labels: labelSpace(['bus', 'park', 'tram']),
    sampleRateHz: RATE,
    clipSamples: RATE,
    input: 'waveform',
    frontEnd: ends.config,
  } as const;
  await writeOnnxFile(file, exportOnnx(model({ inputs: map, outputs: logits }), { frontEnd: ends.plan(), card }));
});
afterAll(() => folder.remove());

describe('asc listen', () => {
  it('tells the scene of piped samples at every hop, one line a decision', async () => {
    const { code, stdout, stderr } = await hear(bytesOf(sound), '--hop', '0.5', '--top', '2');
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      '0:01.0',
      '0:01.5',
      '0:02.0',
      '0:02.5',
      '0:03.0',
      '0:03.5',
    ]);
    for (const line of lines) expect(line).toMatch(/^0:0\d\.\d {2}\w+ \d+\.\d % {2}\w+ \d+\.\d %$/);
  });

  it('prints JSON lines that say what the library says, whatever format and rate the samples come in', async () => {
    const samples = Float32Array.from(sound, (x) => x / 32_768);
    const classifier = await loadClassifier(file);
    for (const [rate, words] of [
      [RATE, []],
      [2 * RATE, ['--rate', String(2 * RATE)]],
    ] as const) {
      const stream = classifier.stream({ sampleRateHz: rate });
      const expected = [...(await stream.push(samples)), ...(await stream.flush())];
      const integers = await hear(bytesOf(sound), '--json', ...words);
      const floats = await hear(bytesOf(samples), '--json', '--format', 'f32le', ...words);
      expect([integers.code, floats.stdout]).toEqual([0, integers.stdout]);
      const told = integers.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
      expect(told).toEqual(
        expected.map(({ atSeconds, top, silent, skipped }) => ({ atSeconds, top, silent, skipped })),
      );
    }
    await classifier.close();
  });

  it('ends by Ctrl-C, though no more sound comes, and when its reader leaves', async () => {
    const interrupted = listen(['-']);
    interrupted.child.stdin?.write(bytesOf(sound));
    interrupted.child.stdout?.once('data', () => interrupted.child.kill('SIGINT'));
    expect(await interrupted.done).toMatchObject({ code: 0, stderr: '' });
    const left = listen(['-', '--hop', '0.1']);
    const feed = (): void => {
      while (left.child.stdin?.write(bytesOf(sound)) === true);
    };
    left.child.stdin?.on('drain', feed);
    feed();
    left.child.stdout?.once('data', () => left.child.stdout?.destroy());
    expect(await left.done).toMatchObject({ code: 0, stderr: '' });
  });

  const posix = process.platform === 'win32' ? it.skip : it;
  posix('hears a microphone through a program of the user', async () => {
    const bin = join(folder.path, 'bin');
    mkdirSync(bin);
    const record = (script: string): void => {
      writeFileSync(join(bin, 'ffmpeg'), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, 'ffmpeg'), 0o755);
    };
    writeFileSync(join(bin, 'sound.raw'), bytesOf(sound));
    record(`/bin/cat ${join(bin, 'sound.raw')}; echo "$@" >${join(bin, 'words')}`);
    const heard = await listen([], { PATH: bin }).done;
    expect([heard.code, heard.stderr]).toEqual([0, '']);
    expect(heard.stdout).toMatch(/^0:01\.0 {2}.*\n/);

    // A recorder that goes on ends with us.
    record(`while :; do /bin/cat ${join(bin, 'sound.raw')}; done`);
    const endless = listen(['--device', 'front'], { PATH: bin });
    endless.child.stdout?.once('data', () => endless.child.kill('SIGINT'));
    expect(await endless.done).toMatchObject({ code: 0, stderr: '' });

    record('echo "front: no such device" >&2; exit 1');
    const failed = await listen(['--device', 'front'], { PATH: bin }).done;
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/ffmpeg could not record.\n.*front: no such device\n.*--device/);
    const none = await listen([], { PATH: join(bin, 'nothing') }).done;
    expect(none.code).toBe(1);
    expect(none.stderr).toMatch(/there is none.\n.*ffmpeg, sox on the PATH.*\n.*asc listen FILE.onnx -/);
  });

  it.each([
    [['street.wav'], 2, '"street.wav" is nothing to listen to'],
    [['-', '--device', 'front'], 2, 'Two sources'],
    [['--rate', '8000'], 2, '--rate and --format'],
    [['-', '--rate', '8001'], 2, 'cannot resample 8001 Hz to 8000 Hz'],
    [['-', '--format', 'mp3'], 2, 's16le, f32le'],
    [['-', '--hop', '0'], 2, 'above 0'],
    [['-'], 1, 'No sound came from standard input'],
  ])('refuses %j', async (words, code, message) => {
    const { child, done } = listen(words);
    child.stdin?.end();
    const outcome = await done;
    expect([outcome.code, outcome.stdout]).toEqual([code, '']);
    expect(outcome.stderr).toContain(message);
  });

  it('refuses samples of another format than it was told', async () => {
    const noise = createRng(1).fillNormal(new Float32Array(20_000));
    const broken = await hear(bytesOf(noise.fill(NaN, 5)), '--format', 'f32le');
    expect(broken.code).toBe(1);
    expect(broken.stderr).toMatch(/hold a value that is no number/);
  });
});
