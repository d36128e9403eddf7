import { pipeline, workerPool } from '@asc/data';
import { frontEnd, type PresetName } from '@asc/features';
import type { Contender } from './contest.js';
import { CLIP_SECONDS, writeRecordings } from './extract-recordings.js';
import { largestDifference, measure, saveScores } from './measurement.js';
import type { BenchOptions } from './options.js';
import type { Spread } from './score.js';
import { formatSpread, textTable } from './text-table.js';
import type { Workplace } from './workplace.js';

const PRESETS = ['clova2021', 'amfm-small', 'shim2022'] as const satisfies readonly PresetName[];

/** Recordings to feature maps, from 24-bit WAV and from FLAC, beside a pool of Python processes with soundfile and librosa. */
export async function benchExtract(options: BenchOptions, { scratch, machine, voice }: Workplace): Promise<void> {
  const { rounds, steps, threads, recordings: folder } = options;
  const recordings = await writeRecordings(folder, scratch);
  const clips = recordings.wav.length;
  const rows: string[][] = [];
  let path = '';
  for (const preset of PRESETS) {
    for (const format of ['wav', 'flac'] as const) {
      voice.say(`${preset} from ${format}`);
      const paths = recordings[format];
      const { config } = frontEnd(preset);
      const request = { config, paths };
      const peers = [{ script: 'extract', variant: 'librosa', name: 'librosa', threads, request }];
      const result = await measure([ourExtraction(preset, paths, threads)], peers, options, voice);
      const [ours = []] = result.values;
      const differences = result.values.map((map, at) => (at === 0 ? undefined : largestDifference(ours, map)));
      const hours = result.scores.map(({ ms }) => hoursPerMinute(ms, clips));
      result.scores.forEach(({ name, ratio }, at) => {
        rows.push([
          at === 0 ? `${preset}, ${format}` : '',
          name,
          formatSpread(hours[at] as Spread, 1),
          ...(ratio === undefined ? [] : [formatSpread(ratio, 2)]),
          ...(result.values.length === 1 ? [] : [differences[at]?.toExponential(1) ?? '']),
        ]);
      });
      const columns = differences.map((difference, at) => ({
        preset,
        format,
        recordings: folder === undefined ? 'synthetic' : 'given',
        clips,
        threads,
        rounds,
        steps,
        largest_difference: difference ?? '',
        hours_per_minute: hours[at]?.median ?? '',
      }));
      path = await saveScores(options, machine, result, columns);
    }
  }
  const compared = rows.some((row) => row.length > 3);
  voice.print(
    `Feature maps of ${clips} ${folder === undefined ? 'synthetic' : 'given'} clips of ${CLIP_SECONDS} s, 44.1 kHz, 24 bits, mono.`,
  );
  voice.print(
    `${threads} threads (processes); median (least–largest) of ${rounds} rounds of ${steps}, taken in turns.\n`,
  );
  const headings = ['', '', 'hours of sound a minute'];
  voice.print(
    textTable([[...headings, ...(compared ? ['throughput / best peer', 'largest difference'] : [])], ...rows]),
  );
  voice.print(`\nAppended to ${path}`);
}

/** Hours of sound in a minute, from milliseconds for all clips. */
function hoursPerMinute({ median, min, max }: Spread, clips: number): Spread {
  const of = (ms: number): number => ((clips * CLIP_SECONDS) / 3600) * (60_000 / ms);
  return { median: of(median), min: of(max), max: of(min) };
}

function ourExtraction(preset: PresetName, paths: readonly string[], workers: number): Contender {
  const pool = workerPool(new URL('./extract-clip.js', import.meta.url), { workers });
  let first: Float32Array | undefined;
  return {
    name: 'asc',
    side: 'ours',
    async run(count) {
      const ms: number[] = [];
      for (let i = 0; i < count; i++) {
        const started = performance.now();
        let at = 0;
        const requests = paths.map((path) => ({ path, preset }));
        for await (const map of pipeline(requests).parallelMap<Float32Array>(pool, 'extractClip'))
          if (at++ === 0) first = map;
        ms.push(performance.now() - started);
      }
      return ms;
    },
    values: async () => Array.from(first ?? []),
    close: () => pool.close(),
  };
}
