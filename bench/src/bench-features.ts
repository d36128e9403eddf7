import { createRng, ndArray } from '@asc/core';
import { renderClip } from '@asc/data';
import { frontEnd, PRESET_NAMES, type PresetName } from '@asc/features';
import type { Contender } from './contest.js';
import { largestDifference, measure, saveScores } from './measurement.js';
import type { BenchOptions } from './options.js';
import type { Workplace } from './workplace.js';
import { formatSpread, textTable } from './text-table.js';

const CLIP_SECONDS = 5;
const PEERS = [
  { variant: 'torch', name: 'torch.stft' },
  { variant: 'librosa', name: 'librosa' },
] as const;

/** Every preset on the same synthetic 5-second clip, beside librosa and torch.stft with one thread each. */
export async function benchFeatures(options: BenchOptions, { scratch, machine, voice }: Workplace): Promise<void> {
  const { rounds, steps, threads } = options;
  const rows: string[][] = [];
  let path = '';
  for (const preset of PRESET_NAMES) {
    voice.say(preset);
    const { config } = frontEnd(preset);
    const samples = clipAt(config.sampleRateHz);
    const batch = await scratch.write(`samples-${preset}`, { samples: ndArray('float32', [samples.length], samples) });
    const peers = PEERS.map((peer) => ({ ...peer, script: 'features', threads, request: { config, batch } }));
    const result = await measure(ourFrontEnd(preset, samples), peers, options, voice);
    const [ours = []] = result.values;
    const differences = result.values.map((map, at) => (at === 0 ? undefined : largestDifference(ours, map)));
    result.scores.forEach(({ name, ms, ratio }, at) => {
      rows.push([
        at === 0 ? preset : '',
        name,
        formatSpread(ms, 2),
        ...(ratio === undefined ? [] : [formatSpread(ratio, 2)]),
        ...(result.values.length === 1 ? [] : [differences[at]?.toExponential(1) ?? '']),
      ]);
    });
    const columns = differences.map((difference) => ({
      preset,
      threads,
      rounds,
      steps,
      largest_difference: difference ?? '',
    }));
    path = await saveScores(options, machine, result, columns);
  }
  const compared = rows.some((row) => row.length > 3);
  voice.print(`Feature maps of a ${CLIP_SECONDS} s clip, one thread.`);
  voice.print(`Median (least–largest) of ${rounds} rounds of ${steps} clips, taken in turns.\n`);
  voice.print(
    textTable([['', '', 'ms a clip', ...(compared ? ['throughput / best peer', 'largest difference'] : [])], ...rows]),
  );
  voice.print(`\nAppended to ${path}`);
}

/** A street of the synthetic dataset with a little noise, so that no band is silent. */
function clipAt(sampleRateHz: number): Float32Array {
  const { samples } = renderClip(
    { seed: 1, clipSeconds: CLIP_SECONDS, sampleRateHz },
    'street_traffic-barcelona-0-0-a.wav',
  );
  const noise = createRng(1).split('bench').fillNormal(new Float32Array(samples.length));
  return samples.map((x, n) => x + 1e-3 * (noise[n] ?? 0));
}

function ourFrontEnd(preset: PresetName, samples: Float32Array): Contender {
  const ends = frontEnd(preset);
  let map: ArrayLike<number> = [];
  return {
    name: 'asc',
    side: 'ours',
    async run(count) {
      const ms: number[] = [];
      for (let i = 0; i < count; i++) {
        const started = performance.now();
        map = ends.compute(samples).data;
        ms.push(performance.now() - started);
      }
      return ms;
    },
    values: async () => Array.from(map),
    close: async () => undefined,
  };
}
