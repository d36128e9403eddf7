import { stat } from 'node:fs/promises';
import { type ClipInfo, DataError } from '@asc/core';
import type { ClipList } from './clip-table.js';

/** Files looked at at once. */
const AT_ONCE = 32;

/**
 * Checks that the audio of `clips` is there: call it once before a long run.
 *
 * @throws DataError with the count and the first few names where files are missing or empty.
 */
export async function assertAudioPresent(clips: ClipList): Promise<void> {
  const missing: ClipInfo[] = [];
  const empty: ClipInfo[] = [];
  for (let from = 0; from < clips.length; from += AT_ONCE) {
    const some = Array.from(
      { length: Math.min(AT_ONCE, clips.length - from) },
      (_, i) => clips.at(from + i) as ClipInfo,
    );
    const infos = await Promise.all(some.map(({ path }) => stat(path).catch(() => undefined)));
    some.forEach((clip, i) => {
      const info = infos[i];
      if (info?.isFile() !== true) missing.push(clip);
      else if (info.size === 0) empty.push(clip);
    });
  }
  const faulty = missing.length > 0 ? missing : empty;
  const [first] = faulty;
  if (first === undefined) return;
  const names = faulty.slice(0, 5).map(({ id }) => id);
  throw new DataError({
    what: `${faulty.length} of ${clips.length} audio files are ${missing.length > 0 ? 'missing' : 'empty'}: ${names.join(', ')}${faulty.length > 5 ? ', …' : ''}`,
    expected: `e.g. ${first.path}`,
    hint: 'Unpack every audio archive of the set into its root, or download the set again.',
  });
}
