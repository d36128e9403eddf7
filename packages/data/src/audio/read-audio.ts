import { checkKeys, checkPositiveInteger, UsageError, type Waveform } from '@asc/core';
import type { AudioInfo, Mix, Mono, SampleRange } from './audio-info.js';
import { openByteSource, type ByteSource } from './byte-source.js';
import { mixOf } from './mix.js';
import { openAudio } from './open-audio.js';
import { createResampler, type Resampler } from './resampler.js';

/** What {@link readAudio} returns of a recording. */
export interface ReadAudioOptions {
  /** How channels become one. Default `mean`. */
  readonly mono?: Mono;
  /** Only this part, in samples at the file's own rate. Default: all of it. */
  readonly range?: SampleRange;
  /** Resample to this rate. Default: the file's own. */
  readonly sampleRateHz?: number;
}

/** 1 GiB of samples, 93 minutes at 48 kHz: longer recordings are read in parts. */
const MAX_SAMPLES = 2 ** 28;

function checkMix(path: string, mono: Mono, { channels }: AudioInfo): Mix {
  const mix = mixOf(mono, channels);
  if (mix !== undefined) return mix;
  throw new UsageError({
    what: `${path}: no such channel`,
    expected: `'mean', 'mid', 'left', 'right' or a channel from 0 to ${channels - 1}`,
    received: String(mono),
  });
}

function checkRange(path: string, given: SampleRange | undefined, info: AudioInfo): SampleRange {
  const range = given ?? { startSamples: 0, lengthSamples: info.samples };
  const { startSamples, lengthSamples } = range;
  const whole = Number.isInteger(startSamples) && Number.isInteger(lengthSamples);
  if (!whole || startSamples < 0 || lengthSamples < 1 || startSamples + lengthSamples > info.samples) {
    throw new UsageError({
      what: `${path}: the range lies outside the recording`,
      expected: `1 or more whole samples within 0 to ${info.samples}`,
      received: `${lengthSamples} from ${startSamples} on`,
      hint: 'probeAudio tells how many samples a file holds',
    });
  }
  if (lengthSamples > MAX_SAMPLES) {
    throw new UsageError({
      what: `${path}: too long to be read at once`,
      expected: `at most ${MAX_SAMPLES} samples`,
      received: `${lengthSamples} (${(lengthSamples / info.sampleRateHz / 3600).toFixed(1)} hours)`,
      hint: 'cut the file into shorter ones, or read it in parts with the option `range`',
    });
  }
  return range;
}

/** A wanted rate that is none is the caller's fault; one that cannot be had of this file is the file's, and names it. */
function resamplerFor({ complain }: ByteSource, info: AudioInfo, sampleRateHz: number): Resampler {
  checkPositiveInteger('sampleRateHz', sampleRateHz);
  try {
    return createResampler(info.sampleRateHz, sampleRateHz);
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw complain(cause.parts.what, {
      expected: 'a customary rate, such as 16000, 22050, 32000, 44100 or 48000 Hz',
      received: `${info.sampleRateHz} Hz`,
      hint: 'convert it to such a rate, or leave it out',
      cause,
    });
  }
}

/**
 * Reads a WAV, FLAC or MP3 recording as one channel (S). The format is found by content, not by name. With a range, memory and
 * time are those of the range, however long the file.
 *
 * @throws {DataError} the file is missing, damaged, truncated, empty of sound, not finite, of a format we do not read, or of a rate
 * that does not lead to the one asked for.
 * @throws {UsageError} an unknown option, a channel the file has not, a range outside of it, or more than 2^28 samples at once.
 */
export async function readAudio(path: string, options: ReadAudioOptions = {}): Promise<Waveform> {
  checkKeys('readAudio options', options, ['mono', 'range', 'sampleRateHz']);
  const [waveform] = await readMixes(path, options, (info) => [checkMix(path, options.mono ?? 'mean', info)]);
  return waveform!;
}

/**
 * Reads every channel of a recording, each (S), the left one of stereo first; otherwise as {@link readAudio}.
 *
 * @throws as {@link readAudio}.
 */
export async function readChannels(path: string, options: Omit<ReadAudioOptions, 'mono'> = {}): Promise<Waveform[]> {
  checkKeys('readChannels options', options, ['range', 'sampleRateHz']);
  return readMixes(path, options, ({ channels }) => Array.from({ length: channels }, (_, c) => [c]));
}

async function readMixes(
  path: string,
  options: Omit<ReadAudioOptions, 'mono'>,
  mixesOf: (info: AudioInfo) => readonly Mix[],
): Promise<Waveform[]> {
  const source = await openByteSource(path);
  try {
    const { info, read } = await openAudio(source);
    if (info.samples === 0) {
      throw source.complain('no sound in this file', {
        expected: 'at least 1 sample',
        received: '0',
        hint: 'leave it out, or export it again',
      });
    }
    const mixes = mixesOf(info);
    const range = checkRange(path, options.range, info);
    const { sampleRateHz = info.sampleRateHz } = options;
    const resampler = sampleRateHz === info.sampleRateHz ? undefined : resamplerFor(source, info, sampleRateHz);
    const signals = await read(range.startSamples, range.lengthSamples, mixes);
    return signals.map((samples) => ({ samples: resampler?.process(samples) ?? samples, sampleRateHz }));
  } finally {
    await source.close();
  }
}

/**
 * What a WAV, FLAC or MP3 file says about itself, without decoding its sound. A file of 0 samples is no error here.
 *
 * @throws {DataError} the file is missing, its header damaged, or of a format we do not read.
 */
export async function probeAudio(path: string): Promise<AudioInfo> {
  return probeSource(await openByteSource(path));
}

/** The same of an opened file, which is closed. */
export async function probeSource(source: ByteSource): Promise<AudioInfo> {
  try {
    return (await openAudio(source)).info;
  } finally {
    await source.close();
  }
}
