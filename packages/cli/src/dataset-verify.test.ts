import { writeWav } from '@asc/data';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asc, temporaryFolder } from './asc.test.helper.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const FILES = ['b001_0_10.wav', 'c001_0_10.wav'];

beforeAll(async () => {
  const root = join(folder.path, 'TUT-acoustic-scenes-2017-development');
  for (const name of ['audio', 'evaluation_setup']) mkdirSync(join(root, name), { recursive: true });
  const write = (name: string, lines: readonly string[]): void => writeFileSync(join(root, name), lines.join('\r\n'));
  const rows = [`audio/${FILES[0]}\tbeach`, `audio/${FILES[1]}\tcafe/restaurant`];
  write('meta.txt', [`${rows[0]}\tb001`, `${rows[1]}\tc001`]);
  write('evaluation_setup/fold1_train.txt', [rows[0] ?? '']);
  write('evaluation_setup/fold1_evaluate.txt', [rows[1] ?? '']);
  const sound = { samples: new Float32Array(64), sampleRateHz: 44_100 };
  for (const name of FILES) await writeWav(join(root, 'audio', name), sound);
});

const verify = async (...words: string[]) => {
  const { code, stdout, stderr } = await asc(['dataset', 'verify', ...words], { cwd: folder.path });
  return { code, stdout, stderr };
};

it('checks a published set by name, with what is known of it', async () => {
  const { code, stdout, stderr } = await verify('tut2017', '--root', '.');
  expect([code, stderr]).toEqual([1, expect.stringContaining('facts that differ')]);
  expect(stdout).toMatch(/^clips +4,680 +2 +DIFFERS$/m);
  expect(stdout).toMatch(/^recordings of 44100 Hz +2 +2 +as published$/m);
});

it('tells as JSON what is missing, foreign, damaged and mislabelled in any folder', async () => {
  const root = join(folder.path, 'TUT-acoustic-scenes-2017-development');
  expect((await verify('TUT-acoustic-scenes-2017-development')).code).toBe(0);
  rmSync(join(root, 'audio', FILES[0] ?? ''));
  writeFileSync(join(root, 'audio', FILES[1] ?? ''), 'RIFF');
  writeFileSync(join(root, 'audio', 'notes.txt'), 'foreign');
  writeFileSync(join(root, 'evaluation_setup', 'fold1_evaluate.txt'), `audio/${FILES[1]}\ttram\n`);
  const { code, stdout, stderr } = await verify('TUT-acoustic-scenes-2017-development', '--json', '--deep');
  expect([code, stderr]).toEqual([1, expect.stringContaining('1 missing, 1 damaged, 1 mislabelled')]);
  expect(JSON.parse(stdout)).toMatchObject({
    missing: [`audio/${FILES[0]}`],
    extra: ['audio/notes.txt'],
    damaged: [{ id: `audio/${FILES[1]}`, what: 'truncated audio file (4 bytes)' }],
    mislabelled: [
      {
        id: `audio/${FILES[1]}`,
        what: expect.stringMatching(
          /^evaluation_setup\/fold1_evaluate\.txt:1: .* \(expected cafe\/restaurant, received tram\)$/,
        ),
      },
    ],
    usable: false,
  });
});

it("tells which files of a folder of one's own are no recordings, whatever their names", async () => {
  const own = join(folder.path, 'own');
  const clip = { samples: new Float32Array(800).fill(0.1), sampleRateHz: 8000 };
  for (const scene of ['my street', 'kitchen']) {
    mkdirSync(join(own, scene), { recursive: true });
    for (const name of ['a, "b".wav', 'ü 日本.wav']) await writeWav(join(own, scene, name), clip);
  }
  writeFileSync(join(own, 'kitchen', 'empty.wav'), '');
  writeFileSync(join(own, 'kitchen', 'text.wav'), 'hello');
  writeFileSync(join(own, 'kitchen', 'voice.m4a'), '\0\0\0 ftypM4A ');
  symlinkSync('loop.wav', join(own, 'kitchen', 'loop.wav'));
  const { code, stdout, stderr } = await verify('own', '--json');
  expect([code, stderr]).toEqual([1, expect.stringMatching(/3 damaged\n.*take them out of the set/)]);
  expect(JSON.parse(stdout)).toMatchObject({
    extra: ['kitchen/voice.m4a'],
    damaged: [
      { id: 'kitchen/empty.wav', what: 'empty file (0 bytes)' },
      { id: 'kitchen/loop.wav', what: 'a symbolic link that points at itself' },
      { id: 'kitchen/text.wav', what: 'not a WAV, FLAC or MP3 file (text)' },
    ],
  });
});

it('opens the folder of an evaluation set by its list alone', async () => {
  const sound = { samples: new Float32Array(64), sampleRateHz: 44_100 };
  for (const [set, list, header] of [
    ['heard-2019', 'test.csv', 'filename\r\n'],
    ['heard-2020', 'fold1_test.csv', 'filename\r\n'],
    ['heard-2017', 'test.txt', ''],
  ] as const) {
    for (const name of ['audio', 'evaluation_setup']) mkdirSync(join(folder.path, set, name), { recursive: true });
    writeFileSync(join(folder.path, set, 'evaluation_setup', list), `${header}audio/0.wav\r\n`);
    await writeWav(join(folder.path, set, 'audio', '0.wav'), sound);
    const { code, stdout } = await verify(set, '--json');
    expect([set, code, JSON.parse(stdout)]).toEqual([set, 0, expect.objectContaining({ clips: 1, usable: true })]);
  }
});
