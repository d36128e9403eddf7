import { AscError, DataError, UsageError, writeFileAtomic } from '@asc/core';
import { readAudio } from '@asc/data';
import { featureMapToNpy, frontEnd, frontEndPreset, PRESET_NAMES } from '@asc/features';
import type { CommandResult } from '../command/command-context.js';
import { frontEndName } from '../line/front-end-name.js';
import { makeRoomFor } from '../line/make-room-for.js';
import { plotFeatureMap } from '../line/plot-feature-map.js';
import { table } from '../terminal/table.js';
import type { FeaturesOptions } from '../commands/features.js';

/** The feature map of a recording, or the list of front ends. */
export async function computeFeatures(audio: string | undefined, options: FeaturesOptions): Promise<CommandResult> {
  return options.list === true ? listPresets() : compute(audio, options);
}

async function compute(audio: string | undefined, options: FeaturesOptions): Promise<CommandResult> {
  if (audio === undefined) {
    throw new UsageError({ what: 'No recording was given.', expected: 'asc features AUDIO, or asc features --list' });
  }
  const { config } = frontEndPreset(frontEndName(options.preset));
  for (const file of [options.out, options.plot]) if (file !== undefined) await makeRoomFor(file);
  const { samples } = await readAudio(audio, { sampleRateHz: config.sampleRateHz });
  const map = named(audio, () => frontEnd(config).compute(samples));
  if (options.out !== undefined) await writeFileAtomic(options.out, featureMapToNpy(map));
  if (options.plot !== undefined) await writeFileAtomic(options.plot, plotFeatureMap(map));
  const { bands, frames, channels } = map;
  const seconds = samples.length / config.sampleRateHz;
  const values = statistics(map.data);
  return {
    json: {
      audio,
      preset: options.preset,
      seconds,
      sampleRateHz: config.sampleRateHz,
      bands,
      frames,
      channels,
      ...values,
      out: options.out ?? null,
      plot: options.plot ?? null,
    },
    text: [
      `${audio}: ${seconds.toFixed(2)} s as ${options.preset}: ${bands} bands × ${frames} frames × ${channels} channels`,
      `values ${values.min.toFixed(3)} … ${values.max.toFixed(3)}, mean ${values.mean.toFixed(3)}`,
      ...(options.out === undefined ? [] : [`map: ${options.out}`]),
      ...(options.plot === undefined ? [] : [`picture: ${options.plot}`]),
    ].join('\n'),
  };
}

/** Runs work on a recording; what it refuses is told with the file's name. */
function named<T>(audio: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof AscError)) throw cause;
    throw new DataError({ ...cause.parts, what: `${audio}: ${cause.parts.what}` }, { cause });
  }
}

function statistics(values: Float32Array): { min: number; max: number; mean: number } {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  return { min, max, mean: sum / values.length };
}

function listPresets(): CommandResult {
  const presets = PRESET_NAMES.map((name) => ({ name, ...frontEndPreset(name) }));
  const rows = presets.map(({ name, config, source }) => [
    name,
    String(config.sampleRateHz),
    `${config.bands} ${config.mel}`,
    `${config.windowSamples}/${config.hopSamples}`,
    config.deltas.order === 0 ? '' : String(config.deltas.order),
    source,
  ]);
  const columns = [
    { heading: 'name' },
    { heading: 'Hz', align: 'right' },
    { heading: 'bands' },
    { heading: 'window/hop' },
    { heading: 'deltas' },
    { heading: 'source' },
  ] as const;
  return { json: presets, text: table(columns, rows) };
}
