import { readAudio, transferred, type Transferred } from '@asc/data';
import { frontEnd, type FrontEnd, type PresetName } from '@asc/features';

// Runs in the threads of a worker pool: a recording to its feature map, as in training.

const held: { preset?: PresetName; frontEnd?: FrontEnd } = {};

export async function extractClip({
  path,
  preset,
}: {
  path: string;
  preset: PresetName;
}): Promise<Transferred<Float32Array>> {
  if (held.frontEnd === undefined || held.preset !== preset)
    Object.assign(held, { preset, frontEnd: frontEnd(preset) });
  const ends = held.frontEnd as FrontEnd;
  const { samples } = await readAudio(path, { sampleRateHz: ends.config.sampleRateHz });
  const { data } = ends.compute(samples);
  return transferred(data, [data.buffer as ArrayBuffer]);
}
