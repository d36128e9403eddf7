import { createRng, UsageError, type ClipInfo } from '@asc/core';
import type { ClipList } from '@asc/data';
import { readRun, type Recipe } from '@asc/train';
import { stat } from 'node:fs/promises';

/** Training clips, and those kept aside to choose by. */
export interface KeptAside {
  readonly train: ClipList;
  readonly aside: ClipList;
}

/**
 * Keeps whole locations aside: of every scene `share` of its locations, rounded, at least one; none where the share is 0. A clip
 * without a location is one of its own. Depends on the names of the locations alone, so that every run keeps the same aside,
 * and a smaller share part of them.
 *
 * @throws UsageError where a scene has a single location.
 */
export function keepAside(clips: ClipList, share: number): KeptAside {
  if (share === 0) return { train: clips, aside: [] };
  const rng = createRng('kept aside');
  const places = new Map<string, Set<string>>();
  for (const clip of clips) {
    const scene = clip.scene ?? '';
    places.set(scene, (places.get(scene) ?? new Set()).add(placeOf(clip)));
  }
  const kept = new Map(
    [...places].map(([scene, found]) => {
      const names = [...found].sort();
      const count = Math.max(1, Math.round(share * names.length));
      if (count >= names.length) {
        throw new UsageError({
          what: `Too few locations of the scene "${scene}" to keep some aside from training.`,
          expected: `more than ${count}`,
          received: `${names.length}`,
          hint: 'Lower evaluate.keepAside, or set it to 0 to choose the best epoch on the held-out clips.',
        });
      }
      const order = rng.split(scene).permutation(names.length);
      return [scene, new Set([...order.subarray(0, count)].map((i) => names[i] as string))];
    }),
  );
  const isAside = (clip: ClipInfo) => kept.get(clip.scene ?? '')?.has(placeOf(clip)) === true;
  return { train: clips.filter((clip) => !isAside(clip)), aside: clips.filter(isAside) };
}

/**
 * Refuses to start from a run that was trained on the clips now kept aside: nothing could be chosen on them.
 *
 * @param from the run, or a file of weights, of which nothing is known.
 * @throws UsageError naming both shares.
 */
export async function refuseHeardAside({ dataset, evaluate }: Recipe, from: string): Promise<void> {
  if (evaluate.keepAside === 0 || !(await stat(from)).isDirectory()) return;
  const { recipe: earlier } = await readRun(from);
  const isSameSide = earlier.dataset.root === dataset.root && earlier.dataset.fold === dataset.fold;
  if (!isSameSide || earlier.evaluate.keepAside >= evaluate.keepAside) return;
  throw new UsageError({
    what: `The run to start from, ${from}, was trained on clips that are now kept aside.`,
    expected: `a run with evaluate.keepAside of at least ${evaluate.keepAside}`,
    received: `${earlier.evaluate.keepAside}`,
    hint: 'Train it again with the same evaluate.keepAside, or choose on the held-out clips: evaluate.keepAside 0.',
  });
}

function placeOf({ id, location }: ClipInfo): string {
  return location === undefined ? `clip ${id}` : `location ${location}`;
}
