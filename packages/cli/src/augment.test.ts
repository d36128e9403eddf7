import { createRng } from '@asc/core';
import { writeWav } from '@asc/data';
import { resolveFrontEndConfig } from '@asc/features';
import { parseRecipe } from '@asc/train';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asc, temporaryFolder, TINY_RECIPE } from './asc.test.helper.js';
import { createFeatureSource, type FeatureSource } from './line/feature-source.js';
import { windowAugmentation, type TrainingClip } from './line/window-augmentation.js';

const folder = temporaryFolder();
const cwd = folder.path;
const RATE = 16_000;
const LABELS = ['bus', 'park'];
const frontEnd = resolveFrontEndConfig({
  preset: 'amfm-small',
  sampleRateHz: RATE,
  maxHz: RATE / 2,
  windowSamples: 512,
  hopSamples: 256,
  fftLength: 512,
  bands: 16,
  normalise: { kind: 'none' },
});
let features: FeatureSource;

/** A hum of its own for each label, in noise; longer than a window of half a second. */
function sound(label: number, seed: number): Float32Array {
  const rng = createRng(seed);
  const hz = 300 * (label + 1);
  return Float32Array.from(
    { length: RATE },
    (_, i) => 0.3 * Math.sin((2 * Math.PI * hz * i) / RATE) + 0.05 * rng.normal(),
  );
}

const augment = async (section: object) => {
  const config = await windowAugmentation(parseRecipe({ ...TINY_RECIPE, augment: section }).augment, {
    codecs: join(cwd, 'codecs'),
  });
  if (config === undefined) throw new Error('nothing to augment');
  return config;
};

beforeAll(async () => {
  for (const side of ['train', 'test']) {
    for (const [index, label] of LABELS.entries()) {
      mkdirSync(join(cwd, 'set', side, label), { recursive: true });
      for (let i = 0; i < (side === 'train' ? 8 : 2); i++) {
        const path = join(cwd, 'set', side, label, `${side}${i}.wav`);
        await writeWav(path, { samples: sound(index, 10 * i + index), sampleRateHz: RATE });
      }
    }
  }
  for (const name of ['responses', 'unit', 'empty']) mkdirSync(join(cwd, name));
  await writeWav(
    join(cwd, 'unit', 'unit.wav'),
    { samples: Float32Array.of(1, 0, 0), sampleRateHz: RATE },
    { encoding: 'float32' },
  );
  // A device that hears differences alone, and one that hears sums: high pass and low pass.
  await writeWav(join(cwd, 'responses', 'high.wav'), { samples: Float32Array.of(0.5, -0.5), sampleRateHz: RATE });
  await writeWav(join(cwd, 'responses', 'low.wav'), { samples: Float32Array.of(0.5, 0.5), sampleRateHz: RATE });
  writeFileSync(join(cwd, 'responses', 'README.md'), 'not a response');
  features = createFeatureSource({ frontEnd, windowSamples: RATE / 2, workers: 2 });
});
afterAll(async () => {
  await features.close();
  folder.remove();
});

describe('features of augmented clips', () => {
  const clips = (): TrainingClip[] =>
    LABELS.flatMap((label) =>
      [0, 1, 2].map((i) => ({
        path: join(cwd, 'set', 'train', label, `train${i}.wav`),
        id: `${label}${i}`,
        copy: 0,
        device: i === 0 ? 'a' : 'b',
        share: 0.5,
      })),
    );

  it('are those of the cache where every augmentation is the identity', async () => {
    const identity = await augment({
      tempo: { probability: 1, factors: [1] },
      impulseResponse: { probability: 1, root: join(cwd, 'unit') },
    });
    const augmented = await features.augmentedMaps(clips(), identity, { seed: 1, epoch: 0 });
    const plain = await Promise.all(clips().map(({ path, share }) => features.maps(path, { kind: 'at', share })));
    expect(augmented).toEqual(plain.flat());
  });

  it('keep their shape, are fixed by seed, epoch and clip in any order and company, and differ otherwise', async () => {
    const all = await augment({
      codec: { kind: 'simulated-mp3', probability: 0.5, kbps: [8, 16] },
      tempo: { probability: 0.5 },
      impulseResponse: { probability: 0.5, root: join(cwd, 'responses') },
      gain: { maxDb: 6 },
      waveformRoll: { maxSeconds: 0.1 },
      binScaling: { alpha: 0.5 },
    });
    const maps = await features.augmentedMaps(clips(), all, { seed: 1, epoch: 0 });
    const [reference] = await features.maps(clips()[0]!.path, { kind: 'spread', crops: 1 });
    for (const map of maps) {
      expect([map.bands, map.frames, map.channels]).toEqual([reference!.bands, reference!.frames, reference!.channels]);
      expect(map.data.every(Number.isFinite)).toBe(true);
    }
    const backwards = await features.augmentedMaps(clips().reverse(), all, { seed: 1, epoch: 0 });
    expect(backwards.reverse()).toEqual(maps);
    expect(await features.augmentedMaps(clips().slice(4, 5), all, { seed: 1, epoch: 0 })).toEqual(maps.slice(4, 5));
    for (const draws of [
      { seed: 1, epoch: 1 },
      { seed: 2, epoch: 0 },
    ]) {
      const other = await features.augmentedMaps(clips(), all, draws);
      other.forEach((map, i) => expect(map).not.toEqual(maps[i]));
    }
  });

  it('hear only the devices named through another device', async () => {
    const config = await augment({
      impulseResponse: { probability: 1, root: join(cwd, 'responses'), devices: ['a'] },
    });
    const augmented = await features.augmentedMaps(clips(), config, { seed: 1, epoch: 0 });
    const plain = await Promise.all(clips().map(({ path, share }) => features.maps(path, { kind: 'at', share })));
    augmented.forEach((map, i) => {
      if (i % 3 === 0) expect(map).not.toEqual(plain[i]![0]);
      else expect(map).toEqual(plain[i]![0]);
    });
  });

  it('tell of an impulse response that cannot be used, and of folders that hold none', async () => {
    const silent = join(cwd, 'silent');
    mkdirSync(silent);
    await writeWav(join(silent, 'zero.wav'), { samples: new Float32Array(5), sampleRateHz: RATE });
    const config = await augment({ impulseResponse: { probability: 1, root: silent } });
    await expect(features.augmentedMaps(clips(), config, { seed: 1, epoch: 0 })).rejects.toThrow(
      /zero\.wav.*\n.*5 samples of 0/,
    );
    const refused = (root: string) => augment({ impulseResponse: { probability: 1, root: join(cwd, root) } });
    await expect(refused('empty')).rejects.toThrow('an empty folder');
    await expect(refused('nowhere')).rejects.toThrow('ENOENT');
  });
});

const ffmpeg = spawnSync('ffmpeg', ['-hide_banner', '-encoders'], { encoding: 'utf8' }).stdout?.includes('libmp3lame');

describe('real codecs', () => {
  const codec = { kind: 'ffmpeg', probability: 1, kbps: [16] };
  const words = ['dataset', 'corrupt', 'codec.json', '--cache', 'kept'];
  beforeAll(() => {
    const recipe = {
      ...TINY_RECIPE,
      dataset: { kind: 'folder', root: 'set' },
      clip: { seconds: 0.5 },
      task: { kind: 'classification' },
      augment: { codec },
    };
    writeFileSync(join(cwd, 'codec.json'), JSON.stringify(recipe));
  });

  (ffmpeg ? it : it.skip)('are run ahead once, and found by training', async () => {
    const made = await asc([...words, '--json'], { cwd });
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(JSON.parse(made.stdout)).toMatchObject({ clips: 16, recordings: 32 });
    const list = () =>
      readdirSync(join(cwd, 'kept', 'codecs'), { recursive: true })
        .map(String)
        .sort();
    const before = list();
    expect(before.filter((name) => name.endsWith('.flac'))).toHaveLength(32);
    const config = await windowAugmentation(parseRecipe({ ...TINY_RECIPE, augment: { codec } }).augment, {
      codecs: join(cwd, 'kept', 'codecs'),
    });
    const clip = { path: join(cwd, 'set', 'train', 'bus', 'train0.wav'), id: 'x', copy: 0, device: 'a', share: 0.5 };
    const [coded] = await features.augmentedMaps([clip], config!, { seed: 1, epoch: 0 });
    const [plain] = await features.maps(clip.path, { kind: 'at', share: 0.5 });
    expect(coded).not.toEqual(plain);
    expect(list()).toEqual(before);
  });

  it('are refused with what to do where there is no ffmpeg, or nothing to code', async () => {
    const without = { cwd, env: { PATH: join(cwd, 'empty') } };
    for (const call of [words, ['train', 'codec.json', '--out', 'never']]) {
      const { code, stderr } = await asc(call, without);
      expect([code, stderr]).toEqual([1, expect.stringContaining('--set augment.codec.kind=simulated-mp3')]);
    }
    const { code, stderr } = await asc([...words, '--set', 'augment.codec.kind=simulated-mp3'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('codes no clips by ffmpeg')]);
  });
});

describe('a run with every augmentation', () => {
  const RECIPE = {
    ...TINY_RECIPE,
    name: 'augmented',
    dataset: { kind: 'folder', root: 'set' },
    features: { preset: 'amfm-small', overrides: { ...frontEnd } },
    clip: { seconds: 0.5 },
    augment: {
      codec: { kind: 'simulated-mp3', probability: 0.3 },
      tempo: { probability: 0.5 },
      impulseResponse: { probability: 0.5, root: 'responses' },
      gain: { maxDb: 6 },
      waveformRoll: { maxSeconds: 0.1 },
      binScaling: { alpha: 0.5 },
      timeShift: { sdFrames: 10 },
      freqMixStyle: { probability: 0.4 },
      mixup: { alpha: 0.2 },
      frequencyMask: { count: 1, maxWidth: 4, each: 'clip' },
    },
    task: { kind: 'classification' },
    batchSize: 8,
    epochs: 3,
  };
  const weightsOf = (run: string) => readFileSync(join(cwd, run, 'checkpoints', 'last.safetensors'), 'base64');

  it('is killed, resumed and ends as one that was not, bit for bit', async () => {
    writeFileSync(join(cwd, 'recipe.json'), JSON.stringify(RECIPE));
    expect(await asc(['train', 'recipe.json', '--out', 'whole'], { cwd })).toMatchObject({ code: 0, stderr: '' });
    let sent = false;
    const stopped = await asc(['train', 'recipe.json', '--out', 'stopped'], {
      cwd,
      onOutput: (said, kill) => {
        if (sent || !said.includes('epoch 1/')) return;
        sent = true;
        kill('SIGKILL');
      },
    });
    expect(stopped.code).toBe(null);
    const resumed = await asc(['train', 'stopped/recipe.json', '--out', 'stopped', '--resume'], { cwd });
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    expect(weightsOf('stopped')).toBe(weightsOf('whole'));
  });

  it('is refused before it starts where the responses are not there', async () => {
    const set = 'augment.impulseResponse.root=elsewhere';
    const { code, stderr } = await asc(['train', 'recipe.json', '--out', 'never', '--set', set], { cwd });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('The folder of impulse responses "elsewhere" is not there.'),
    ]);
  });
});
