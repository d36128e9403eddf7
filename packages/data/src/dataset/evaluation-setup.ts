import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, type LabelSpace } from '@asc/core';
import type { ClipTable } from './clip-table.js';
import { type PagedNumbers, pagedNumbers } from './paged-numbers.js';
import { type TableFormat, type TableRow, scanTable } from './scan-table.js';
import type { FoldSplits, SplitName } from './scene-dataset.js';
import { type OnTableFault, lineError } from './table-fault.js';
import { rowId, rowScene } from './table-fields.js';

/** The clips of a split, by index, in official order. */
export type SplitIndices = Pick<PagedNumbers, 'length' | 'at'>;

/** Where the lists of a set's splits lie, by fold and side. */
export type SetupFiles = ReadonlyMap<number, Readonly<Partial<Record<SplitName, string>>>>;

/** Evaluation sets leave the fold out: `test.txt` is fold 1. */
const SETUP_FILE = /^(?:fold([1-9]\d*)_)?(train|test|evaluate)\.(csv|txt)$/;

/** The lists in `root/evaluation_setup`. @throws DataError where there is no such folder, or none in it. */
export async function findSetupFiles(root: string, extension: 'csv' | 'txt'): Promise<SetupFiles> {
  const folder = join(root, 'evaluation_setup');
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new DataError(
      {
        what: `Cannot list ${folder}.`,
        expected: `the official fold1_train.${extension}, fold1_test.${extension} and fold1_evaluate.${extension}`,
        received: (cause as NodeJS.ErrnoException).code ?? String(cause),
        hint: 'Unpack the meta archive of the set into its root.',
      },
      { cause },
    );
  });
  const found = new Map<number, Partial<Record<SplitName, string>>>();
  for (const name of names.sort()) {
    const [, fold = '1', side, suffix] = SETUP_FILE.exec(name) ?? [];
    if (side === undefined || suffix !== extension) continue;
    const sides = found.get(Number(fold)) ?? {};
    const which = side as SplitName;
    if (sides[which] !== undefined) {
      throw new DataError({
        what: `${folder} has two lists for one split.`,
        expected: 'one',
        received: `${sides[which]} and ${join(folder, name)}`,
      });
    }
    sides[which] = join(folder, name);
    found.set(Number(fold), sides);
  }
  if (found.size > 0) return found;
  throw new DataError({
    what: `${folder} holds no splits.`,
    expected: `files such as fold1_train.${extension}`,
    received: names.length === 0 ? 'an empty folder' : names.slice(0, 5).join(', '),
  });
}

/** How {@link readSetup} reads. */
export interface ReadSetupOptions {
  readonly format: (side: SplitName) => TableFormat;
  /** Name of the set's own list, for messages. */
  readonly listedIn: string;
  /** Adds a clip that the set's own list lacks, where it has none; `false` where it is a fault. */
  readonly addClip: ((row: TableRow, id: string, scene: string | undefined) => void) | undefined;
  readonly labels: LabelSpace | undefined;
  readonly onFault: OnTableFault;
}

/** Reads every list of the splits, in official order. A label that the set's own list does not give is taken from here. */
export async function readSetup(
  files: SetupFiles,
  clips: ClipTable,
  options: ReadSetupOptions,
): Promise<Map<number, Record<SplitName, SplitIndices | undefined>>> {
  const splits = new Map<number, Record<SplitName, SplitIndices | undefined>>();
  for (const [fold, sides] of files) {
    const read = async (side: SplitName): Promise<SplitIndices | undefined> => {
      const file = sides[side];
      return file === undefined ? undefined : await readSplit(file, options.format(side), clips, options);
    };
    // One after the other: where labels differ, the message names the later of two fixed files.
    const train = await read('train');
    const evaluate = await read('evaluate');
    const test = await read('test');
    // They list the same clips: one of the two is enough.
    splits.set(fold, { train, test: isSame(test, evaluate) ? evaluate : test, evaluate });
    checkSides(sides, { train, test, evaluate }, clips, options.onFault);
  }
  return splits;
}

/** The splits as lists of clips. */
export function splitLists(
  clips: ClipTable,
  splits: ReadonlyMap<number, Readonly<Record<SplitName, SplitIndices | undefined>>>,
): Map<number, FoldSplits> {
  return new Map(
    [...splits].map(([fold, sides]) => [
      fold,
      Object.fromEntries(
        Object.entries(sides).flatMap(([side, indices]) =>
          indices === undefined ? [] : [[side, clips.list(indices)]],
        ),
      ) as FoldSplits,
    ]),
  );
}

async function readSplit(
  file: string,
  format: TableFormat,
  clips: ClipTable,
  { listedIn, addClip, labels, onFault }: ReadSetupOptions,
): Promise<SplitIndices> {
  const chosen = pagedNumbers();
  let seen = new Uint8Array(clips.length);
  await scanTable(file, format, (row) => {
    const id = rowId(row);
    const scene = rowScene(row, id, labels?.scenes, onFault);
    let index = clips.indexOf(id);
    if (index < 0 && addClip !== undefined) {
      addClip(row, id, scene);
      index = clips.indexOf(id);
    }
    if (index < 0) {
      const hint = `${listedIn} and evaluation_setup/ must come from the same release of the set.`;
      onFault({ kind: 'unlisted', id, error: lineError(row, `${id} is not in ${listedIn}.`, { hint }) });
      return;
    }
    if (index >= seen.length) seen = enlarged(seen, index);
    if (seen[index] === 1) {
      onFault({ kind: 'repeated', id, error: lineError(row, `${id} stands twice.`, { expected: 'every clip once' }) });
      return;
    }
    seen[index] = 1;
    chosen.push(index);
    if (scene === undefined) return;
    const known = clips.scene(index);
    if (known === undefined) clips.setScene(index, scene);
    else if (known !== scene) {
      const error = lineError(row, `${id} has another scene label than before.`, { expected: known, received: scene });
      onFault({ kind: 'contradiction', id, error });
    }
  });
  return chosen;
}

function isSame(a: SplitIndices | undefined, b: SplitIndices | undefined): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a.at(i) !== b.at(i)) return false;
  return true;
}

function enlarged(seen: Uint8Array, index: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * index + 64);
  larger.set(seen);
  return larger;
}

function checkSides(
  files: Readonly<Partial<Record<SplitName, string>>>,
  sides: Readonly<Record<SplitName, SplitIndices | undefined>>,
  clips: ClipTable,
  onFault: OnTableFault,
): void {
  const trained = new Uint8Array(clips.length);
  for (let i = 0; i < (sides.train?.length ?? 0); i++) trained[sides.train?.at(i) ?? 0] = 1;
  for (const side of ['test', 'evaluate'] as const) {
    const tested = sides[side];
    let both = 0;
    let first = -1;
    for (let i = 0; tested !== undefined && i < tested.length; i++) {
      if (trained[tested.at(i)] !== 1) continue;
      if (both++ === 0) first = tested.at(i);
    }
    if (both === 0) continue;
    const { id } = clips.at(first);
    const error = new DataError({
      what: `${files[side]} repeats clips of ${files.train}.`,
      expected: 'no clip on both sides',
      received: `${both}, e.g. ${id}`,
    });
    onFault({ kind: 'both-sides', id, error });
  }
}
