import { createRng, ndArray } from '@asc/core';
import { renderClip } from '@asc/data';
import { frontEnd, type PresetName } from '@asc/features';
import { descriptors } from '@asc/features/meyda';
import type { Contender } from './contest.js';
import { largestDifference, measure, saveScores } from './measurement.js';
import { speedOver } from './score.js';
import type { BenchOptions } from './options.js';
import type { Workplace } from './workplace.js';
import { formatSpread, textTable } from './text-table.js';

const CLIP_SECONDS = 5;
const PEERS = [
  { variant: 'torch', name: 'torch.stft', wanted: 1 },
  { variant: 'librosa', name: 'librosa', wanted: 1.5 },
] as const;

/** The presets of the published systems; every other one is a relative of these. */
const PRESETS: readonly PresetName[] = ['clova2021', 'shim2022', 'xin2022', 'vggish'];

/** Presets on the same synthetic 5-second clip, beside librosa, torch.stft and Meyda with one thread each. */
export async function benchFeatures(options: BenchOptions, { scratch, machine, voice }: Workplace): Promise<void> {
  const { rounds, steps, threads } = options;
  const rows: string[][] = [];
  const missed: string[] = [];
  let path = '';
  for (const preset of PRESETS) {
    voice.say(preset);
    const { config } = frontEnd(preset);
    const samples = clipAt(config.sampleRateHz);
    const batch = await scratch.write(`samples-${preset}`, { samples: ndArray('float32', [samples.length], samples) });
    const peers = PEERS.map(({ variant, name }) => ({
      variant,
      name,
      script: 'features',
      threads,
      request: { config, batch },
    }));
    const result = await measure([ourFrontEnd(preset, samples), meyda(preset, samples)], peers, options, voice);
    const [ours = []] = result.values;
    const [own] = result.scores;
    const differences = result.scores.map(({ name }, at) =>
      PEERS.some((peer) => peer.name === name) ? largestDifference(ours, result.values[at] ?? []) : undefined,
    );
    for (const { name } of options.python === undefined ? [] : PEERS) {
      if (result.scores.every((score) => score.name !== name)) missed.push(`${preset} without ${name}`);
    }
    result.scores.forEach((score, at) => {
      const bar = PEERS.find(({ name }) => name === score.name)?.wanted;
      const speed = own === undefined ? NaN : speedOver(own, score).median;
      if (bar !== undefined && speed < bar) missed.push(`${preset} ${speed.toFixed(2)} times ${score.name}`);
      rows.push([
        at === 0 ? preset : '',
        score.name,
        formatSpread(score.ms, 2),
        at === 0 || own === undefined ? '' : formatSpread(speedOver(own, score), 2),
        differences[at]?.toExponential(1) ?? '',
      ]);
    });
    const columns = result.scores.map((score, at) => ({
      preset,
      threads,
      rounds,
      steps,
      largest_difference: differences[at] ?? '',
      asc_speed_over: own === undefined ? '' : speedOver(own, score).median,
    }));
    path = await saveScores(options, machine, result, columns);
  }
  voice.print(`Feature maps of a ${CLIP_SECONDS} s clip, one thread. Meyda: its mel bands alone, over our framing.`);
  voice.print(`Median (least–largest) of ${rounds} rounds of ${steps} clips, taken in turns.\n`);
  voice.print(textTable([['', '', 'ms a clip', 'asc is faster by', 'largest difference'], ...rows]));
  if (missed.length > 0 || options.python !== undefined) {
    const wanted = PEERS.map(({ name, wanted: bar }) => `${bar} times ${name}`).join(', ');
    voice.print(`\nWanted: ${wanted}: ${missed.length === 0 ? 'reached' : `not reached: ${missed.join('; ')}`}.`);
  }
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
  return inProcess('asc', 'ours', () => ends.compute(samples).data);
}

/** What a page computes with Meyda: as many mel bands, without logarithm, deltas or normalisation. */
function meyda(preset: PresetName, samples: Float32Array): Contender {
  const ends = descriptors(preset, ['melBands'], { melBands: frontEnd(preset).config.bands });
  const all = inProcess('Meyda', 'peer', () => ends.compute(samples).data);
  // Hundreds of times as long as the others: once a round will do.
  return { ...all, run: () => all.run(1) };
}

function inProcess(name: string, side: Contender['side'], compute: () => Float32Array): Contender {
  let map: Float32Array = new Float32Array(0);
  return {
    name,
    side,
    async run(count) {
      const ms: number[] = [];
      for (let i = 0; i < count; i++) {
        const started = performance.now();
        map = compute();
        ms.push(performance.now() - started);
      }
      return ms;
    },
    values: async () => Array.from(map),
    close: async () => undefined,
  };
}
