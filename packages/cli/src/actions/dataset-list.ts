import { datasetCatalogue } from '@asc/data';
import type { CommandResult } from '../command/command-context.js';
import { formatBytes, formatCount } from '../terminal/format.js';
import { table } from '../terminal/table.js';

/** Layouts `--dataset` understands. */
const LAYOUTS = [
  {
    name: 'tau',
    holds: 'meta.csv, evaluation_setup/fold<n>_{train,test,evaluate}.csv, audio/ (TAU 2019, 2020, 2022 Mobile)',
  },
  { name: 'tut', holds: 'meta.txt, evaluation_setup/fold<n>_{train,test,evaluate}.txt, audio/ (TUT 2017)' },
  { name: 'esc50', holds: 'meta/esc50.csv, audio/' },
  { name: 'folder', holds: '<label>/*.{wav,flac,mp3}, or train/<label>/ and test/<label>/' },
  { name: 'synthetic', holds: 'made by `asc dataset synth`: ten scenes, nine devices, in TAU 2020 Mobile layout' },
] as const;

/** The published sets by name, and the layouts a dataset may have. */
export function listDatasets(): CommandResult {
  const sets = datasetCatalogue().map((entry) => ({
    ...entry,
    archiveBytes: entry.archives.reduce((sum, { bytes }) => sum + bytes, 0),
  }));
  const rows = sets.map(({ name, title, facts, archiveBytes }) => [
    name,
    title,
    facts.clips === undefined ? '' : formatCount(facts.clips.value),
    archiveBytes === 0 ? '' : formatBytes(archiveBytes),
  ]);
  return {
    json: { sets, layouts: LAYOUTS },
    text: [
      table(
        [
          { heading: 'set' },
          { heading: 'title' },
          { heading: 'clips', align: 'right' },
          { heading: 'archives', align: 'right' },
        ],
        rows,
      ),
      '',
      table(
        [{ heading: 'layout' }, { heading: 'holds' }],
        LAYOUTS.map(({ name, holds }) => [name, holds]),
      ),
    ].join('\n'),
  };
}
