import { DataError, type FrontEndConfig, type ModelCard } from '@asc/core';
import { encodeWav, probeAudio, readAudio } from '@asc/data';
import type { MistakeMedia } from '@asc/evaluate';
import { frontEnd } from '@asc/features';
import { formatCount } from '../terminal/format.js';
import { plotFeatureMap } from './plot-feature-map.js';

/** Longest part of a recording that is shown: the middle of longer ones. */
const MOST_SECONDS = 10;
/** Sound is kept at this rate at most: 32 kB a second. */
const SOUND_RATE_HZ = 16_000;

/**
 * The middle of a recording as a picture of its log spectrogram, in the model's bands, and as a short WAV file, both as
 * `data:` addresses; `undefined` where the recording cannot be read again, which is no reason to go without a report.
 */
export async function mistakeMedia(path: string, card: ModelCard): Promise<MistakeMedia | undefined> {
  try {
    const { samples, sampleRateHz } = await probeAudio(path);
    const lengthSamples = Math.min(samples, Math.round(MOST_SECONDS * sampleRateHz));
    const range = { startSamples: Math.floor((samples - lengthSamples) / 2), lengthSamples };
    const config = pictureConfig(card.frontEnd);
    const heard = await readAudio(path, { range, sampleRateHz: config.sampleRateHz });
    const soundRateHz = Math.min(SOUND_RATE_HZ, sampleRateHz);
    const sound = await readAudio(path, { range, sampleRateHz: soundRateHz });
    const map = frontEnd(config).compute(heard.samples);
    const bands = `${map.bands} ${config.mel === 'none' ? 'linear' : 'mel'} bands`;
    return {
      picture: address('image/png', plotFeatureMap(map, { minSide: 1 })),
      sound: address('audio/wav', encodeWav(sound)),
      fromSeconds: range.startSamples / sampleRateHz,
      seconds: lengthSamples / sampleRateHz,
      caption: `${bands}, ${formatCount(config.minHz)} Hz at the bottom to ${formatCount(config.maxHz)} Hz, in dB`,
    };
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

/** A model's front end without what is for the model alone: what is left is a picture people can read. */
function pictureConfig(config: FrontEndConfig): FrontEndConfig {
  return {
    ...config,
    preEmphasis: 0,
    deltas: { ...config.deltas, order: 0 },
    normalise: { kind: 'none' },
    log: { kind: 'db', amin: 1e-10, topDb: 80 },
  };
}

function address(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}
