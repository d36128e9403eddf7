import { generateSyntheticScenes, verifyDataset, type SceneDataset } from '@asc/data';
import type { Command } from 'commander';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import { positiveNumber, wholeNumber } from '../command/options.js';
import { openDataset } from '../line/open-dataset.js';
import { countingDisplay } from '../terminal/counting-display.js';
import { formatCount } from '../terminal/format.js';
import { table } from '../terminal/table.js';

interface SynthOptions extends CommonOptions {
  readonly out: string;
  readonly hours?: number;
  readonly clipsPerScene?: number;
  readonly clipSeconds: number;
  readonly seed: number;
}

/** Layouts `--dataset` understands. */
const LAYOUTS = [
  {
    name: 'tau',
    holds: 'meta.csv, evaluation_setup/fold<n>_{train,test,evaluate}.csv, audio/ (TAU 2019, 2020, 2022 Mobile)',
  },
  { name: 'folder', holds: '<label>/*.{wav,flac,mp3}, or train/<label>/ and test/<label>/' },
  { name: 'synthetic', holds: 'made by `asc dataset synth`: ten scenes, nine devices, in TAU 2020 Mobile layout' },
] as const;

/** `asc dataset`: what can be trained on. */
export function addDatasetCommand(program: Command, perform: Performer): void {
  const dataset = program.command('dataset').description('list, make or check datasets');

  subcommand(dataset, 'list', 'list the layouts a dataset may have', 'asc dataset list').action(
    (options: CommonOptions) => perform(options, async () => list()),
  );

  subcommand(
    dataset,
    'synth',
    'make the synthetic scene dataset',
    'asc dataset synth --out data/synthetic --hours 2\nasc dataset synth --out tiny --clips-per-scene 20 --clip-seconds 2',
  )
    .requiredOption('--out <DIR>', 'folder of the set; an interrupted set is gone on with')
    .option('--hours <H>', 'length of the whole set (1 where neither is given)', positiveNumber)
    .option('--clips-per-scene <N>', 'number of recordings of each of the ten scenes, at least 15', wholeNumber(1))
    .option('--clip-seconds <S>', 'length of a recording', positiveNumber, 10)
    .option('--seed <N>', 'equal seeds give equal sets', wholeNumber(0), 0)
    .action((options: SynthOptions) => perform(options, (context) => synthesise(options, context)));

  subcommand(
    dataset,
    'verify <DIR>',
    'check that every recording of a set is there and no location leaks across its folds',
    'asc dataset verify data/TAU-urban-acoustic-scenes-2020-mobile-development',
  ).action((dir: string, options: CommonOptions) => perform(options, () => verify(dir)));
}

function list(): CommandResult {
  const rows = LAYOUTS.map(({ name, holds }) => [name, holds]);
  return { json: LAYOUTS, text: table([{ heading: 'layout' }, { heading: 'holds' }], rows) };
}

async function synthesise(options: SynthOptions, context: CommandContext): Promise<CommandResult> {
  const { out, clipSeconds, seed, clipsPerScene } = options;
  const { signal, terminal } = context;
  const size = clipsPerScene === undefined ? { hours: options.hours ?? 1 } : { clipsPerScene, ...hoursOf(options) };
  const onProgress = countingDisplay(terminal, 'clips made');
  const dataset = await stopOnAbort(signal, () =>
    generateSyntheticScenes({ out, clipSeconds, seed, signal, onProgress, ...size }),
  );
  const { clips } = dataset;
  const [train, test] = [dataset.split(1, 'train').length, dataset.split(1, 'test').length];
  return {
    json: { out: dataset.root, clips: clips.length, train, test, clipSeconds, seed, labels: dataset.labels },
    text: `${dataset.root}: ${formatCount(clips.length)} clips of ${clipSeconds} s, ${train} to train and ${test} to test`,
  };
}

/** Both sizes given are the generator's to refuse. */
function hoursOf({ hours }: SynthOptions): { hours?: number } {
  return hours === undefined ? {} : { hours };
}

async function verify(dir: string): Promise<CommandResult> {
  const dataset = await openDataset(dir);
  const { clips, missing, empty, sharedLocations } = await verifyDataset(dataset);
  const leaks = [...sharedLocations].map(([fold, locations]) => ({ fold, locations }));
  const whole = missing.length === 0 && empty.length === 0 && leaks.every(({ locations }) => locations.length === 0);
  return {
    json: { root: dataset.root, clips, missing, empty, sharedLocations: leaks, whole },
    text: [
      `${dataset.root}: ${formatCount(clips)} clips, ${dataset.labels.scenes.length} scenes, folds ${describeFolds(dataset)}`,
      `missing files: ${describeIds(missing)}`,
      `empty files: ${describeIds(empty)}`,
      ...leaks.map(({ fold, locations }) => `fold ${fold}, locations on both sides: ${describeIds(locations)}`),
    ].join('\n'),
  };
}

function describeFolds({ folds }: SceneDataset): string {
  return folds.length === 0 ? 'none' : folds.join(', ');
}

function describeIds(ids: readonly string[]): string {
  if (ids.length === 0) return 'none';
  return `${ids.length} (${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ', …' : ''})`;
}
