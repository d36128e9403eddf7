import { DataError, UsageError } from '@asc/core';
import {
  datasetEntry,
  loadDataset,
  verifyDataset,
  type ClipFault,
  type DatasetReport,
  type FactCheck,
  type SceneDataset,
  type TableFault,
} from '@asc/data';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import type { VerifyOptions } from '../commands/dataset.js';
import { stopOnAbort } from '../command/interrupted-error.js';
import { findDataset, isPublished, openDataset } from '../line/open-dataset.js';
import { countingDisplay } from '../terminal/counting-display.js';
import { formatCount } from '../terminal/format.js';
import { table } from '../terminal/table.js';

/** Names of a kind shown to a reader; `--json` has all. */
const SHOWN = 5;

/** Checks a published set by name, or the set in a folder. */
export async function verify(name: string, options: VerifyOptions, context: CommandContext): Promise<CommandResult> {
  const { signal, terminal } = context;
  const faults: TableFault[] = [];
  const dataset = await open(name, options.root, (fault) => faults.push(fault));
  const onProgress = countingDisplay(terminal, 'recordings checked');
  const report = await stopOnAbort(signal, () =>
    verifyDataset(dataset, { deep: options.deep, faults, onProgress, signal }),
  );
  return {
    json: { name: dataset.name, ...report },
    text: describe(dataset, report),
    ...(report.usable ? {} : { failure: notUsable(report, isPublished(dataset.name)) }),
  };
}

async function open(
  name: string,
  root: string | undefined,
  onFault: (fault: TableFault) => void,
): Promise<SceneDataset> {
  const places = { dataDir: process.env['ASC_DATA_DIR'] };
  if (isPublished(name)) {
    return loadDataset(name, await findDataset(root ?? datasetEntry(name).folder, places), { onFault });
  }
  if (root === undefined) return openDataset(await findDataset(name, places), onFault);
  // Says which names there are.
  datasetEntry(name);
  throw new UsageError({ what: `${name} needs no --root.` });
}

function describe(dataset: SceneDataset, report: DatasetReport): string {
  const { missing, extra, damaged, mislabelled, sharedLocations, foldsWithoutEvaluation, facts, archives } = report;
  const faults = (list: readonly ClipFault[]): string[] => list.map(({ id, what }) => `${id}: ${what}`);
  const shared = sharedLocations.flatMap(({ fold, locations }) => locations.map((place) => `fold ${fold}: ${place}`));
  const rows = Object.entries({
    missing,
    extra,
    damaged: faults(damaged),
    mislabelled: faults(mislabelled),
    'on both sides': shared,
    'not held out': foldsWithoutEvaluation.map((fold) => `fold ${fold}: no list of clips to evaluate on`),
    archives: archives.map(({ path, state }) => `${path}: ${state}`),
  }).map(([kind, found]) => [kind, formatCount(found.length), shorten(found)]);
  const folds = dataset.folds.length === 0 ? 'none' : dataset.folds.join(', ');
  return [
    `${dataset.name} in ${report.root}: ${formatCount(report.clips)} clips, ${dataset.labels.scenes.length} scenes, folds ${folds}`,
    '',
    table([{ heading: 'check' }, { heading: 'found', align: 'right' }, { heading: 'which' }], rows),
    ...(facts.length === 0 ? [] : ['', describeFacts(facts)]),
  ].join('\n');
}

function describeFacts(facts: readonly FactCheck[]): string {
  const verdict = ({ agrees, basis }: FactCheck): string => {
    if (agrees) return 'as published';
    return basis === 'stated' ? 'DIFFERS' : 'differs from what is reported';
  };
  const rows = facts.map((fact) => [fact.about, formatCount(fact.expected), formatCount(fact.received), verdict(fact)]);
  return table(
    [
      { heading: 'fact' },
      { heading: 'published', align: 'right' },
      { heading: 'found', align: 'right' },
      { heading: '' },
    ],
    rows,
  );
}

function shorten(names: readonly string[]): string {
  return names.length <= SHOWN ? names.join('; ') : `${names.slice(0, SHOWN).join('; ')}; …`;
}

function notUsable(
  { root, missing, damaged, mislabelled, sharedLocations, foldsWithoutEvaluation, facts }: DatasetReport,
  published: boolean,
): DataError {
  const differing = facts.filter(({ agrees, basis }) => !agrees && basis === 'stated').length;
  const counts = [
    [missing.length, 'missing'],
    [damaged.length, 'damaged'],
    [mislabelled.length, 'mislabelled'],
    [sharedLocations.length, 'folds with locations on both sides'],
    [foldsWithoutEvaluation.length, 'folds with nothing to evaluate on'],
    [differing, 'facts that differ'],
  ] as const;
  return new DataError({
    what: `${root} is not as it should be.`,
    expected: 'every recording there and whole, labelled alike everywhere, each location on one side',
    received: counts.flatMap(([count, what]) => (count === 0 ? [] : [`${formatCount(count)} ${what}`])).join(', '),
    hint: hintFor(
      missing.length + damaged.length,
      mislabelled.length + sharedLocations.length + foldsWithoutEvaluation.length,
      published,
    ),
  });
}

function hintFor(files: number, rows: number, published: boolean): string {
  if (!published) {
    return files > 0
      ? 'Copy or export these files again, or take them out of the set.'
      : 'Correct the tables at the lines that are named.';
  }
  if (files > 0) return 'Unpack the archives that hold these files again.';
  return rows > 0
    ? 'Restore the official tables of the set.'
    : 'Every file is there, but it is not the set as published.';
}
