import { datasetEntry } from '@asc/data';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PlannedClip, esc50Plan, tau2020Names, tau2022Names, tauPlan, thinned, tut2017Plan } from './set-names.js';

/** Sets that can be generated. */
export const GENERATED_SETS = ['tut2017', 'tau2020-mobile', 'tau2022-mobile', 'esc50'] as const;
export type GeneratedSet = (typeof GENERATED_SETS)[number];

export interface WriteSetOptions {
  /** Clips; more than the set has is all of it. Default: all. */
  readonly clips?: number | undefined;
  /** The official names of TAU 2020 Mobile, where they are at hand. */
  readonly names?: readonly string[] | undefined;
}

/** Samples of a clip: the official rate, bits and channels, but a few milliseconds of sound. */
const SAMPLES = 96;

/** Writes the layout of a published set with tiny recordings below `root`. @returns the number of clips. */
export function writeSet(set: GeneratedSet, root: string, options: WriteSetOptions = {}): number {
  const { clips: count = Infinity } = options;
  const names = options.names ?? tau2020Names();
  const clips = thinned(
    set === 'tut2017'
      ? tut2017Plan()
      : set === 'esc50'
        ? esc50Plan()
        : tauPlan(set === 'tau2022-mobile' ? tau2022Names(names) : names),
    count,
  );
  for (const folder of ['audio', 'evaluation_setup', 'meta']) mkdirSync(join(root, folder), { recursive: true });
  if (set === 'tut2017') writeTutTables(root, clips);
  else if (set === 'esc50') writeEsc50Table(root, clips);
  else writeTauTables(root, clips);
  const wav = tinyWav(datasetEntry(set).facts.audio?.value ?? { sampleRateHz: 44_100, bits: 16, channels: 1 });
  for (const { file } of clips) writeFileSync(join(root, 'audio', file), wav);
  return clips.length;
}

function writeLines(file: string, lines: readonly string[], end = '\n'): void {
  writeFileSync(file, lines.map((line) => line + end).join(''));
}

/** Every fourth location is held out, as about a quarter of the official ones are. */
function isHeldOut({ location }: PlannedClip, fold: number): boolean {
  return Number(/\d+$/.exec(location)?.[0]) % 4 === fold - 1;
}

function writeTauTables(root: string, clips: readonly PlannedClip[]): void {
  const setup = (name: string) => join(root, 'evaluation_setup', name);
  const labelled = (some: readonly PlannedClip[]) => [
    'filename\tscene_label',
    ...some.map(({ file, scene }) => `audio/${file}\t${scene}`),
  ];
  const heldOut = clips.filter((clip) => isHeldOut(clip, 1));
  writeLines(join(root, 'meta.csv'), [
    'filename\tscene_label\tidentifier\tsource_label',
    ...clips.map(({ file, scene, location, device }) => `audio/${file}\t${scene}\t${location}\t${device}`),
  ]);
  writeLines(setup('fold1_train.csv'), labelled(clips.filter((clip) => !isHeldOut(clip, 1))));
  writeLines(setup('fold1_evaluate.csv'), labelled(heldOut));
  writeLines(setup('fold1_test.csv'), ['filename', ...heldOut.map(({ file }) => `audio/${file}`)]);
}

function writeTutTables(root: string, clips: readonly PlannedClip[]): void {
  const setup = (name: string) => join(root, 'evaluation_setup', name);
  const row = ({ file, scene }: PlannedClip) => `audio/${file}\t${scene}`;
  writeLines(
    join(root, 'meta.txt'),
    clips.map((clip) => `${row(clip)}\t${clip.location}`),
    '\r\n',
  );
  writeLines(
    join(root, 'error.txt'),
    clips.slice(0, 84).map(({ file }) => `audio/${file}\t0.0\t1.0`),
  );
  for (const fold of [1, 2, 3, 4]) {
    const heldOut = clips.filter((clip) => isHeldOut(clip, fold));
    writeLines(setup(`fold${fold}_train.txt`), clips.filter((clip) => !isHeldOut(clip, fold)).map(row));
    writeLines(setup(`fold${fold}_evaluate.txt`), heldOut.map(row));
    writeLines(
      setup(`fold${fold}_test.txt`),
      heldOut.map(({ file }) => `audio/${file}`),
    );
  }
}

function writeEsc50Table(root: string, clips: readonly PlannedClip[]): void {
  const rows = clips.map(({ file, scene, location }) => `${file},${file[0]},0,${scene},False,${location},A`);
  writeLines(join(root, 'meta', 'esc50.csv'), ['filename,fold,target,category,esc10,src_file,take', ...rows]);
}

/** A PCM WAV file of a rising ramp. */
function tinyWav({ sampleRateHz, bits, channels }: { sampleRateHz: number; bits: number; channels: number }): Buffer {
  const frame = (bits / 8) * channels;
  const data = Buffer.from(Uint8Array.from({ length: SAMPLES * frame }, (_, i) => i));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * frame, 28);
  header.writeUInt16LE(frame, 32);
  header.writeUInt16LE(bits, 34);
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}
