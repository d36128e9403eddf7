import { UsageError } from '@asc/core';
import { frontEnd, type PresetName } from '@asc/features';
import { blueprint, complexity, type ModelPreset } from '@asc/models';

/**
 * Multiply–accumulates of a preset for 1 s of sound, which the official limits speak of: of the network built for as many
 * frames; of one that cannot be that short, its share of the clip's `macs`.
 */
export function macsOfOneSecond(preset: ModelPreset, macs: number): number {
  const { name, config, clipSamples } = preset;
  const front = frontEnd(preset.frontEnd as PresetName);
  const { sampleRateHz } = front.config;
  if (clipSamples === sampleRateHz) return macs;
  // A network that reads embeddings has one where its front end has many frames.
  const ownFrames = front.frames(clipSamples) === config.frames;
  const frames = ownFrames
    ? front.frames(sampleRateHz)
    : Math.max(1, Math.round((config.frames * sampleRateHz) / clipSamples));
  try {
    return complexity(blueprint(name, { frames }).deployed).macs;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return Math.round((macs * sampleRateHz) / clipSamples);
  }
}
