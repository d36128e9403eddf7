import { DataError } from '@asc/core';
import { generateSyntheticScenes, verifyDataset, type SceneDataset } from '@asc/data';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import { openDataset } from '../line/open-dataset.js';
import { countingDisplay } from '../terminal/counting-display.js';
import { formatCount } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import type { SynthOptions } from '../commands/dataset.js';

/** Layouts `--dataset` understands. */
const LAYOUTS = [
  {
    name: 'tau',
    holds: 'meta.csv, evaluation_setup/fold<n>_{train,test,evaluate}.csv, audio/ (TAU 2019, 2020, 2022 Mobile)',
  },
  { name: 'folder', holds: '<label>/*.{wav,flac,mp3}, or train/<label>/ and test/<label>/' },
  { name: 'synthetic', holds: 'made by `asc dataset synth`: ten scenes, nine devices, in TAU 2020 Mobile layout' },
] as const;

/** The layouts a dataset may have. */
export function listLayouts(): CommandResult {
  const rows = LAYOUTS.map(({ name, holds }) => [name, holds]);
  return { json: LAYOUTS, text: table([{ heading: 'layout' }, { heading: 'holds' }], rows) };
}

/** Makes the synthetic set. */
export async function synthesise(options: SynthOptions, context: CommandContext): Promise<CommandResult> {
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

/** Checks a set without decoding it. */
export async function verify(dir: string): Promise<CommandResult> {
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
    ...(whole ? {} : { failure: notWhole(dataset.root, missing.length, empty.length) }),
  };
}

function notWhole(root: string, missing: number, empty: number): DataError {
  const files = missing + empty;
  return new DataError({
    what: `${root} is not as it should be.`,
    expected: 'every file there and none empty, no location on both sides of a fold',
    received: files === 0 ? 'locations on both sides' : `${missing} missing and ${empty} empty files`,
    hint: files === 0 ? 'Put every location on one side.' : 'Unpack every archive of the set again.',
  });
}

function describeFolds({ folds }: SceneDataset): string {
  return folds.length === 0 ? 'none' : folds.join(', ');
}

function describeIds(ids: readonly string[]): string {
  if (ids.length === 0) return 'none';
  return `${ids.length} (${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ', …' : ''})`;
}
