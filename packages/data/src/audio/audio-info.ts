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

/**
 * How channels become one: `mean` averages all of them, `mid` the first two, a number takes that channel; `left` is 0, `right` is 1.
 * A recording of one channel has only that: by name or average it is taken as it is.
 */
export type Mono = 'mean' | 'mid' | 'left' | 'right' | number;

/** Channels whose mean is one wanted signal. */
export type Mix = readonly number[];

/** Part of a recording, in samples per channel at the file's own rate. */
export interface SampleRange {
  readonly startSamples: number;
  readonly lengthSamples: number;
}

/** One opened recording. Borrowed from its {@link ByteSource}: valid while that is open. */
export interface AudioReader {
  readonly info: AudioInfo;
  /**
   * For each mix a signal of `lengthSamples` samples from `startSamples` on. The caller has checked the range and the channels
   * against `info`. Memory is that of the result plus a block, however long the file.
   *
   * @throws {DataError} where the bytes turn out damaged.
   */
  read(startSamples: number, lengthSamples: number, mixes: readonly Mix[]): Promise<Float32Array[]>;
}

/** Makes the error that names this file. */
export type Complain = (
  what: string,
  parts: { expected?: string; received?: string; hint: string; cause?: unknown },
) => DataError;
