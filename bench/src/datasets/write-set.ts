import { type AudioFacts, datasetEntry } from '@asc/data';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AUDIOSET } from './audioset-set.js';
import { ESC_50 } from './esc50-set.js';
import { type GeneratedSet, type PlannedClip, thinned } from './generated-set.js';
import { TAU_2019, TAU_2020_3CLASS, TAU_2020_MOBILE, TAU_2022_MOBILE, evaluationSet } from './tau-sets.js';
import { TUT_2017, TUT_2017_EVALUATION } from './tut-sets.js';

/** Every set of the catalogue. Lists of evaluation sets: golden/make/evaluation_lists.py. */
const SETS: Readonly<Record<string, GeneratedSet>> = {
  esc50: ESC_50,
  audioset: AUDIOSET,
  tut2017: TUT_2017,
  'tut2017-evaluation': TUT_2017_EVALUATION,
  tau2019: TAU_2019,
  'tau2019-leaderboard': evaluationSet(1200, 'test.csv'),
  'tau2019-evaluation': evaluationSet(7200, 'test.csv'),
  'tau2020-mobile': TAU_2020_MOBILE,
  'tau2020-mobile-evaluation': evaluationSet(11_880, 'fold1_test.csv'),
  'tau2020-3class': TAU_2020_3CLASS,
  'tau2021-mobile-evaluation': evaluationSet(7920, 'fold1_test.csv'),
  'tau2022-mobile': TAU_2022_MOBILE,
  'tau2022-mobile-evaluation': evaluationSet(118_800, 'fold1_test.csv'),
};

/** Names of the sets that can be generated. */
export const GENERATED_SETS: readonly string[] = Object.keys(SETS);

export interface WriteSetOptions {
  /** Clips; more than the set has is all of it. Default: all. */
  readonly clips?: number | undefined;
  /** The official names of TAU 2020 Mobile, where they are at hand. */
  readonly names?: readonly string[] | undefined;
}

/** Samples of a clip: the official rate, bits and channels, but a few milliseconds of sound. */
const SAMPLES = 96;
/** Sets whose sound has no form of its own. */
const PLAIN = { sampleRateHz: 44_100, bits: 16, channels: 1, samples: SAMPLES };

/** Writes the layout of a published set with tiny recordings below `root`. @returns the number of clips. */
export function writeSet(set: string, root: string, options: WriteSetOptions = {}): number {
  const clips = writeTables(set, root, options);
  const write = writer(root);
  for (const [path, content] of SETS[set]?.features?.(clips) ?? []) write(path, content);
  const wav = tinyWav(datasetEntry(set).facts.audio?.value ?? PLAIN);
  for (const { id } of clips) write(id, wav);
  return clips.length;
}

/** The tables alone. @returns the clips in them. */
export function writeTables(set: string, root: string, options: WriteSetOptions = {}): readonly PlannedClip[] {
  const clips = planSet(set, options);
  const write = writer(root);
  for (const [path, content] of SETS[set]?.tables(clips) ?? []) write(path, content);
  return clips;
}

/** The clips of a set. */
export function planSet(set: string, { clips: count = Infinity, names }: WriteSetOptions = {}): readonly PlannedClip[] {
  const generated = SETS[set];
  if (generated === undefined) throw new Error(`${set} is not generated`);
  return thinned(generated.plan(names), count);
}

/** Writes files below `root`, folders as they come. */
function writer(root: string): (path: string, content: string | Uint8Array) => void {
  const made = new Set<string>();
  return (path, content) => {
    const folder = dirname(path);
    if (!made.has(folder)) mkdirSync(join(root, folder), { recursive: true });
    made.add(folder);
    writeFileSync(join(root, path), content);
  };
}

/** A PCM WAV file of a rising ramp. */
function tinyWav({ sampleRateHz, bits, channels }: AudioFacts): Buffer {
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
