import { DataError } from '@asc/core';
import { probeAudio } from '@asc/data';
import type { AugmentConfig } from '@asc/train';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What happens to a training clip on its way from the recording to the feature map. Plain data, for the worker threads. */
export interface WindowAugmentation {
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
 * has its folders as absolute paths.
 *
 * @throws DataError where the folder of impulse responses cannot be read, or holds anything but recordings.
 */
export async function windowAugmentation(augment: AugmentConfig): Promise<WindowAugmentation | undefined> {
  const { tempo, impulseResponse, gain, waveformRoll, binScaling } = augment;
  const heardThrough = impulseResponse.probability > 0;
  const used = [tempo.probability, gain.maxDb, waveformRoll.maxSeconds, binScaling.alpha].some((amount) => amount > 0);
  if (!used && !heardThrough) return undefined;
  const { probability, devices, root = '' } = impulseResponse;
  const responses = heardThrough ? await listResponses(root) : { files: [], maxSeconds: 0 };
  return { tempo, impulseResponse: { probability, devices, ...responses }, gain, waveformRoll, binScaling };
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
