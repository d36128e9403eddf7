import { AscError, DataError } from '@asc/core';
import type { Mp3Kbps } from '@asc/augment';
import { ffmpegVersion, probeAudio, type AudioCodec } from '@asc/data';
import type { AugmentConfig } from '@asc/train';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What happens to a training clip on its way from the recording to the feature map. Plain data, for the worker threads. */
export interface WindowAugmentation {
  readonly codec: CodecAugmentation;
  readonly tempo: AugmentConfig['tempo'];
  readonly impulseResponse: {
    readonly probability: number;
    readonly devices: readonly string[];
    /** The recordings of the responses, in an order that does not depend on the machine. */
    readonly files: readonly string[];
    /** Of the longest one. */
    readonly maxSeconds: number;
  };
  readonly gain: AugmentConfig['gain'];
  readonly waveformRoll: AugmentConfig['waveformRoll'];
  readonly binScaling: AugmentConfig['binScaling'];
}

/** How clips are coded and decoded. */
export type CodecAugmentation =
  | { readonly kind: 'simulated-mp3'; readonly probability: number; readonly kbps: readonly Mp3Kbps[] }
  | {
      readonly kind: 'ffmpeg';
      readonly probability: number;
      readonly settings: readonly CodecSetting[];
      readonly folder: string;
    };

/** One way to code a recording by ffmpeg. */
export interface CodecSetting {
  readonly codec: AudioCodec;
  readonly kbps: number;
}

/** A training clip, and the names of its random numbers. */
export interface TrainingClip {
  readonly path: string;
  readonly id: string;
  /** Which of its appearances in the epoch, from 0 on. */
  readonly copy: number;
  readonly device: string | undefined;
  /** Where in a longer recording to listen, 0 … 1. */
  readonly share: number;
}

/**
 * What a recipe does to its clips before their features are computed, or `undefined` where it does nothing there. `augment`
 * has its folders as absolute paths; `folders.codecs` keeps what ffmpeg coded.
 *
 * @throws DataError where the folder of impulse responses cannot be read, or holds anything but recordings.
 */
export async function windowAugmentation(
  augment: AugmentConfig,
  folders: { readonly codecs: string },
): Promise<WindowAugmentation | undefined> {
  const { tempo, impulseResponse, gain, waveformRoll, binScaling } = augment;
  const codec = codecAugmentation(augment.codec, folders.codecs);
  const heardThrough = impulseResponse.probability > 0;
  if (codec.kind === 'ffmpeg' && codec.probability > 0) await checkFfmpeg();
  const used = [codec.probability, tempo.probability, gain.maxDb, waveformRoll.maxSeconds, binScaling.alpha].some(
    (amount) => amount > 0,
  );
  if (!used && !heardThrough) return undefined;
  const { probability, devices, root = '' } = impulseResponse;
  const responses = heardThrough ? await listResponses(root) : { files: [], maxSeconds: 0 };
  return { codec, tempo, impulseResponse: { probability, devices, ...responses }, gain, waveformRoll, binScaling };
}

/** Sees that the user's ffmpeg runs, before anything is begun. @throws AscError where it does not. */
export async function checkFfmpeg(): Promise<void> {
  await ffmpegVersion().catch((cause: unknown) => {
    if (!(cause instanceof AscError)) throw cause;
    const hint = 'Install ffmpeg, or simulate what MP3 does: --set augment.codec.kind=simulated-mp3.';
    throw new AscError({ ...cause.parts, hint }, { cause });
  });
}

/** Every way a recipe codes recordings by ffmpeg. */
export function codecSettings(codec: AugmentConfig['codec']): CodecSetting[] {
  if (codec.kind !== 'ffmpeg') return [];
  return codec.formats.flatMap((format) => codec.kbps.map((kbps) => ({ codec: format, kbps })));
}

function codecAugmentation(codec: AugmentConfig['codec'], folder: string): CodecAugmentation {
  const { probability } = codec;
  if (codec.kind === 'ffmpeg') return { kind: 'ffmpeg', probability, settings: codecSettings(codec), folder };
  return { kind: 'simulated-mp3', probability, kbps: codec.kbps };
}

async function listResponses(root: string): Promise<{ files: string[]; maxSeconds: number }> {
  const names = await readdir(root).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(
      { what: `Cannot read the folder of impulse responses ${root}.`, received: cause.code ?? cause.message },
      { cause },
    );
  });
  const files = names
    .filter((name) => /\.(wav|flac|mp3)$/i.test(name) && !name.startsWith('.'))
    .sort()
    .map((name) => join(root, name));
  if (files.length === 0) {
    throw new DataError({
      what: `There are no impulse responses in ${root}.`,
      expected: 'recordings: .wav, .flac or .mp3',
      received: names.length === 0 ? 'an empty folder' : `${names.length} other files`,
      hint: 'Point augment.impulseResponse.root at a folder of impulse responses, one a file.',
    });
  }
  const infos = await Promise.all(files.map((file) => probeAudio(file)));
  return { files, maxSeconds: Math.max(...infos.map(({ samples, sampleRateHz }) => samples / sampleRateHz)) };
}
