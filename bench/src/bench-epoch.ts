import { AscError, UsageError } from '@asc/core';
import { parseRecipe, setRecipeValues } from '@asc/train';
import { readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runContest, type Timing } from './contest.js';
import { saveScores } from './measurement.js';
import type { BenchOptions } from './options.js';
import { Peer, type PeerFacts } from './peer.js';
import { scoreContest } from './score.js';
import { formatSpread, textTable } from './text-table.js';
import type { Workplace } from './workplace.js';

const RECIPE = '../../recipes/esc-scenes/amfm-small.json';
const RESPONSES = 'microphone-impulse-responses';
/** Never reached: the contest ends the runs. */
const EPOCHS = 1000;
const FOLD = 1;

/** Both sides remember feature maps where they stay the same, and compute them anew every epoch where the sound changes. */
const KINDS = [
  { name: 'features kept', probability: 0 },
  { name: 'impulse responses', probability: 0.6 },
] as const;

type Kind = (typeof KINDS)[number];

const PEERS = [
  { variant: 'contiguous', name: 'PyTorch contiguous' },
  { variant: 'channels_last', name: 'PyTorch channels_last' },
] as const;

/**
 * Whole epochs of the small AMFM network on esc-scenes, recordings to updated weights, as `asc train` runs them, beside a PyTorch
 * DataLoader with as many processes as threads. First epochs are of new processes; later ones are taken in turns.
 */
export async function benchEpoch(options: BenchOptions, { scratch, machine, voice }: Workplace): Promise<void> {
  const { threads, rounds, steps, python } = options;
  if (threads !== availableParallelism()) {
    throw new UsageError({
      what: 'bench epoch takes every core on both sides: our recordings are read by as many threads.',
      expected: `--threads ${availableParallelism()}`,
      received: String(threads),
    });
  }
  const data = await dataFolder(options.data);
  const rows: string[][] = [];
  const verdicts: string[] = [];
  let path = '';
  for (const kind of KINDS) {
    const folders = { data, out: (place: number) => scratch.folder(`run-${kind.probability}-${place}`) };
    const twins = PEERS.map((named) => () => startTwin(kind, named, data, python ?? '', threads));
    let starts: ((place: number) => Promise<Started>)[] = [
      (place) => startOurs(kind, folders.out(place), data, threads),
      ...(python === undefined ? [] : twins),
    ];
    let running: Peer[] = [];
    let facts: PeerFacts | undefined;
    try {
      const cold: Timing[] = [];
      for (let round = 0; round < rounds; round++) {
        await closeAll(running);
        running = [];
        for (const start of starts) {
          const { peer, own, failure } = await start(round);
          if (own === undefined) {
            voice.say(`${peer.name} is left out: ${failure}`);
            starts = starts.filter((each) => each !== start);
            continue;
          }
          const at = running.push(peer) - 1;
          if (peer.side === 'peer') facts ??= own;
          const { name, side } = peer;
          cold[at] = { name, side, rounds: [...(cold[at]?.rounds ?? []), await peer.run(1)] };
        }
        voice.say(`${kind.name}: first epochs ${round + 1}/${rounds}`);
      }
      const warm = await runContest(running, { warmup: 0, rounds, steps }, (round) =>
        voice.say(`${kind.name}: round ${round}/${rounds}`),
      );
      const values: (readonly number[])[] = [];
      for (const peer of running) values.push(await peer.values());
      for (const [epochs, timings] of Object.entries({ first: cold, later: warm })) {
        const scores = scoreContest(timings);
        scores.forEach(({ name, ms, ratio }, at) =>
          rows.push([
            at === 0 ? `${kind.name}, ${epochs}` : '',
            name,
            formatSpread(inSeconds(ms), 2),
            ...(ratio === undefined ? [] : [formatSpread(ratio, 2)]),
            values[at]?.[epochs === 'first' ? 0 : (values[at]?.length ?? 1) - 1]?.toFixed(2) ?? '',
          ]),
        );
        const ratio = scores[0]?.ratio?.median;
        if (ratio !== undefined) {
          verdicts.push(
            `${kind.name}, ${epochs} epochs: ${ratio.toFixed(2)}, ${ratio >= BAR ? 'reached' : 'not reached'}`,
          );
        }
        const columns = values.map((losses) => ({
          augmentation: kind.name,
          epochs,
          threads,
          rounds,
          steps,
          loss_first: losses[0] ?? '',
          loss_last: losses.at(-1) ?? '',
        }));
        path = await saveScores(options, machine, { scores, values, facts }, columns);
      }
    } finally {
      await closeAll(running);
    }
  }
  voice.print(`Epochs of amfm-small on fold ${FOLD} of esc-scenes, ${threads} threads and as many loading processes.`);
  voice.print(
    'First epochs hold what comes before: opening the set, tracing, starting processes; all from warm files.',
  );
  voice.print(`Median (least–largest) of ${rounds} rounds, later ones of ${steps} epochs, taken in turns.\n`);
  const compared = rows.some((row) => row.length === 5);
  voice.print(
    textTable([['', '', 's an epoch', ...(compared ? ['throughput / best peer'] : []), 'mean loss'], ...rows]),
  );
  if (verdicts.length > 0) voice.print(`\nWanted: ${BAR} of the DataLoader. ${verdicts.join('; ')}.`);
  voice.print(`\nAppended to ${path}`);
}

/** Throughput over the best peer that an epoch should have. */
const BAR = 1.2;

/** A process that is ready, with what it says of itself, or one that failed and was closed. */
interface Started {
  readonly peer: Peer;
  readonly own?: PeerFacts;
  readonly failure?: string;
}

async function startOurs(kind: Kind, out: string, dataDir: string, threads: number): Promise<Started> {
  const file = fileURLToPath(new URL(RECIPE, import.meta.url));
  const recipe = setRecipeValues(parseRecipe(JSON.parse(await readFile(file, 'utf8'))), [
    `epochs=${EPOCHS}`,
    `evaluate.everyEpochs=${EPOCHS}`,
    `dataset.fold=${FOLD}`,
    ...(kind.probability === 0
      ? []
      : [
          `augment.impulseResponse.root=${JSON.stringify(join(dataDir, RESPONSES))}`,
          `augment.impulseResponse.probability=${kind.probability}`,
        ]),
  ]);
  const peer = await Peer.ours('asc', fileURLToPath(new URL('./epoch-line.js', import.meta.url)));
  return { peer, own: await peer.prepare({ recipe, out, dataDir, threads }) };
}

async function startTwin(
  kind: Kind,
  named: (typeof PEERS)[number],
  dataDir: string,
  python: string,
  threads: number,
): Promise<Started> {
  const peer = await Peer.start({ ...named, script: 'epoch', python, threads });
  const responses = kind.probability === 0 ? '' : join(dataDir, RESPONSES);
  const request = { dataset: join(dataDir, 'esc-scenes'), fold: FOLD, responses, probability: kind.probability };
  try {
    return { peer, own: await peer.prepare(request) };
  } catch (error) {
    await peer.close();
    if (!(error instanceof AscError)) throw error;
    return { peer, failure: error.message };
  }
}

async function closeAll(peers: readonly Peer[]): Promise<void> {
  for (const peer of peers) await peer.close();
}

async function dataFolder(given: string | undefined): Promise<string> {
  const folder = given ?? '';
  for (const part of ['esc-scenes', RESPONSES]) {
    const found = await stat(join(folder, part)).catch(() => undefined);
    if (folder !== '' && found !== undefined) continue;
    throw new UsageError({
      what: 'bench epoch needs recordings.',
      expected: `a folder with esc-scenes and ${RESPONSES}`,
      received: given ?? 'none',
      hint: 'Give --data DIR, or set ASC_DATA_DIR.',
    });
  }
  return folder;
}

function inSeconds({ median, min, max }: { readonly median: number; readonly min: number; readonly max: number }) {
  return { median: median / 1000, min: min / 1000, max: max / 1000 };
}
