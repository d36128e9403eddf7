import type { DataError } from '@asc/core';

/** What a sound file says about itself, read without decoding its samples. */
export interface AudioInfo {
  /** Found by content, never by file name. */
  readonly format: 'wav' | 'flac' | 'mp3';
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Bits of one stored sample; `undefined` for MP3, which stores none. */
  readonly bits: number | undefined;
  /** Samples per channel. */
  readonly samples: number;
}

/** How channels become one: `mean` averages all of them (the mid of stereo), a number takes that channel (0 is left, 1 is right). */
export type Mono = 'mean' | number;

/** Part of a recording, in samples per channel at the file's own rate. */
export interface SampleRange {
  readonly startSamples: number;
  readonly lengthSamples: number;
}

/** One opened recording. Borrowed from its {@link ByteSource}: valid while that is open. */
export interface AudioReader {
  readonly info: AudioInfo;
  /**
   * One channel of `lengthSamples` samples from `startSamples` on. The caller has checked the range and the channel
   * against `info`. Memory is that of the result plus a block, however long the file.
   *
   * @throws {DataError} where the bytes turn out damaged.
   */
  read(startSamples: number, lengthSamples: number, mono: Mono): Promise<Float32Array>;
}

/** Makes the error that names this file. */
export type Complain = (
  what: string,
  parts: { expected?: string; received?: string; hint: string; cause?: unknown },
) => DataError;
