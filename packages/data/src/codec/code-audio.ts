import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { checkKeys, checkOneOf, DataError, makeFolder, writeFileAtomic } from '@asc/core';
import { encodeFlac } from '../audio/flac-encoder.js';
import { readAudio } from '../audio/read-audio.js';
import { runFfmpeg } from './run-ffmpeg.js';

/** Codecs of channels sound goes through. */
export const AUDIO_CODECS = ['mp3', 'aac'] as const;
export type AudioCodec = (typeof AUDIO_CODECS)[number];

/** Bit rates of one channel, in kilobit a second: those MP3 knows. */
export const CODEC_KBPS = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320] as const;

/** How {@link codeAudio} codes a recording, and where the result stays. */
export interface CodeAudioOptions {
  readonly codec: AudioCodec;
  /** One of {@link CODEC_KBPS}. */
  readonly kbps: number;
  /** Folder of coded recordings; made where it is missing. */
  readonly folder: string;
  /** Path of ffmpeg. Default: `ffmpeg`, looked for where the system looks for programs. */
  readonly program?: string;
}

/** Part of the name of every result: a change of how they are made makes them anew. */
const VERSION = 2;
/** Of a stored sample. */
const BITS = 16;
/** What both codecs know, in Hz. */
const RATES_HZ = [48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000];
/** MP3 codes a higher rate with 32 kbit/s and more only. */
const MPEG2_MAX_HZ = 24_000;

/**
 * The path of a FLAC file of what a recording sounds like after it was coded and decoded by the user's ffmpeg (libmp3lame, aac): its
 * channels as one, of the same sample rate, length and alignment, 16 bit. Named by the content of the recording and the settings,
 * it is made once and found afterwards; several processes may share the folder, a result appears whole or not at all.
 *
 * @throws {AscError} there is no ffmpeg, or it fails. {DataError} the recording cannot be read, or the folder not be written.
 * {UsageError} an unknown option, codec or bit rate.
 */
export async function codeAudio(path: string, options: CodeAudioOptions): Promise<string> {
  checkKeys('The options of codeAudio', options, ['codec', 'kbps', 'folder', 'program']);
  const codec = checkOneOf('codec', options.codec, AUDIO_CODECS);
  const kbps = checkOneOf('kbps', options.kbps, CODEC_KBPS);
  const { folder, program = 'ffmpeg' } = options;
  const file = await codedPath(path, { codec, kbps, folder });
  if (await isFile(file)) return file;

  const { samples, sampleRateHz } = await readAudio(path);
  const scratch = await mkdtemp(join(tmpdir(), 'asc-codec-'));
  try {
    // A file, not a pipe: only there can the encoders note the delay that the decoder takes away again.
    const coded = join(scratch, codec === 'mp3' ? 'coded.mp3' : 'coded.m4a');
    const raw = ['-f', 'f32le', '-ac', '1', '-ar', `${sampleRateHz}`];
    const encoder = codec === 'mp3' ? 'libmp3lame' : 'aac';
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    const settings = [
      '-c:a',
      encoder,
      '-b:a',
      `${kbps}k`,
      '-ar',
      `${codingRateHz(codec, kbps, sampleRateHz)}`,
      '-threads',
      '1',
      '-bitexact',
    ];
    await runFfmpeg(program, [...raw, '-i', 'pipe:0', ...settings, '-y', coded], bytes);
    const decoded = await runFfmpeg(program, ['-i', coded, ...raw, 'pipe:1']);
    const plane = new Int32Array(samples.length);
    const count = Math.min(samples.length, Math.floor(decoded.length / 4));
    for (let i = 0; i < count; i++) plane[i] = saturated(decoded.readFloatLE(4 * i));
    await makeFolder(dirname(file));
    await writeFileAtomic(file, encodeFlac({ planes: [plane], bits: BITS, sampleRateHz }));
    return file;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function saturated(sample: number): number {
  const scale = 2 ** (BITS - 1);
  return Math.min(scale - 1, Math.max(-scale, Math.round(sample * scale)));
}

/** The rate a recording is coded at: its own where the codec has it, else half of it or the next below. */
function codingRateHz(codec: AudioCodec, kbps: number, sampleRateHz: number): number {
  const limit = codec === 'mp3' && kbps < 32 ? MPEG2_MAX_HZ : RATES_HZ[0]!;
  const wanted = sampleRateHz <= limit ? sampleRateHz : Math.min(limit, sampleRateHz / 2);
  return RATES_HZ.find((rate) => rate <= wanted) ?? RATES_HZ.at(-1)!;
}

async function codedPath(
  path: string,
  { codec, kbps, folder }: { readonly codec: string; readonly kbps: number; readonly folder: string },
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(['coded', VERSION, codec, kbps]));
  await pipeline(createReadStream(path), hash).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError({ what: `${path}: cannot be read`, received: cause.code ?? cause.message }, { cause });
  });
  const name = hash.digest('hex');
  return join(resolve(folder), name.slice(0, 2), `${name.slice(2)}.flac`);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
