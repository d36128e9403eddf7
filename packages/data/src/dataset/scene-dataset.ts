import { DataError, type LabelSpace, UsageError, describeValue } from '@asc/core';
import type { ClipList } from './clip-table.js';

/**
 * The sides of an official fold. `test` and `evaluate` hold the same clips; `test` is the list a system is run on, and
 * its clips carry labels only where the set gives them away.
 */
export type SplitName = 'train' | 'test' | 'evaluate';

/** A labelled collection of recordings and its official splits; nothing is decoded. */
export interface SceneDataset {
  readonly name: string;
  readonly root: string;
  readonly labels: LabelSpace;
  /** Every recording of the set, those outside all splits included, in the order of its table. */
  readonly clips: ClipList;
  /** Where the clip of an id stands in `clips`, or −1. */
  indexOf(id: string): number;
  /** Numbers of the folds that have at least one split, ascending. */
  readonly folds: readonly number[];
  /** The sides a fold has; none for an unknown fold. */
  sides(fold: number): readonly SplitName[];
  /** The clips of one side of a fold, in official order. @throws UsageError where the set has no such split. */
  split(fold: number, which: SplitName): ClipList;
}

const SIDES: readonly SplitName[] = ['train', 'test', 'evaluate'];

/** The splits of one fold; a set without labels for its test clips has only `test`. */
export type FoldSplits = Readonly<Partial<Record<SplitName, ClipList>>>;

/** A {@link SceneDataset} from its parts; without `indexOf`, an index of the ids is made when it is first asked for. */
export function sceneDataset(parts: {
  readonly name: string;
  readonly root: string;
  readonly labels: LabelSpace;
  readonly clips: ClipList;
  readonly splits: ReadonlyMap<number, FoldSplits>;
  readonly indexOf?: (id: string) => number;
}): SceneDataset {
  const { splits, ...rest } = parts;
  const folds = [...splits.keys()].sort((a, b) => a - b);
  return {
    indexOf: indexOfIds(parts.clips),
    ...rest,
    folds,
    sides: (fold) => SIDES.filter((side) => splits.get(fold)?.[side] !== undefined),
    split(fold, which) {
      const clips = splits.get(fold)?.[which];
      if (clips !== undefined) return clips;
      const known = folds.map((n) => `${n} (${Object.keys(splits.get(n) ?? {}).join(', ')})`);
      throw new UsageError({
        what: `Dataset ${parts.name} has no split "${which}" in fold ${describeValue(fold)}.`,
        expected: `one of the folds ${known.length === 0 ? '(none)' : known.join('; ')}`,
      });
    },
  };
}

function indexOfIds(clips: ClipList): (id: string) => number {
  let index: Map<string, number> | undefined;
  return (id) => {
    index ??= new Map(clips.map((clip, i) => [clip.id, i]));
    return index.get(id) ?? -1;
  };
}

/**
 * Locations with clips to train on and clips to test on in a fold, sorted; empty for a clean split. Clips without a
 * location are skipped. @throws UsageError where the fold has no `train`, or neither `evaluate` nor `test`.
 */
export function sharedLocations(dataset: SceneDataset, fold: number): string[] {
  const trained = new Set<string>();
  for (const { location } of dataset.split(fold, 'train')) if (location !== undefined) trained.add(location);
  const shared = new Set<string>();
  // A fold without either fails as if asked for `evaluate`.
  const heldOut = dataset.sides(fold).filter((side) => side !== 'train');
  for (const side of heldOut.length > 0 ? heldOut : (['evaluate'] as const)) {
    for (const { location } of dataset.split(fold, side)) {
      if (location !== undefined && trained.has(location)) shared.add(location);
    }
  }
  return [...shared].sort();
}

/**
 * Checks that no recording location sits on both sides of a fold.
 *
 * @throws DataError naming the first shared locations: results on such a fold say nothing about new places.
 */
export function assertDisjoint(dataset: SceneDataset, fold: number): void {
  const shared = sharedLocations(dataset, fold);
  if (shared.length === 0) return;
  throw new DataError({
    what: `Fold ${fold} of ${dataset.name} trains and evaluates on the same locations.`,
    expected: 'no location on both sides',
    received: `${shared.length} shared: ${shared.slice(0, 5).join(', ')}${shared.length > 5 ? ', …' : ''}`,
  });
}
