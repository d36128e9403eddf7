import { assertAudioPresent, pipeline, probeAudio, type ClipList } from '@asc/data';
import { isLonger } from '@asc/runtime';

/** Files opened at once. */
const AT_ONCE = 16;

/**
 * Opens every recording of a set once, so that a missing or damaged header is told before a long run, and gives the ids of
 * those longer than a window.
 *
 * @throws DataError naming the files.
 */
export async function findLongClips(clips: ClipList, windowSeconds: number): Promise<ReadonlySet<string>> {
  await assertAudioPresent(clips);
  const long = new Set<string>();
  const probed = pipeline(clips).map(
    async (clip) => {
      const { samples, sampleRateHz } = await probeAudio(clip.path);
      return { id: clip.id, longer: isLonger(samples, windowSeconds * sampleRateHz) };
    },
    { concurrency: AT_ONCE },
  );
  for await (const { id, longer } of probed) if (longer) long.add(id);
  return long;
}
