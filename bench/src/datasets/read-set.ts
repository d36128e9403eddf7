import { createRng } from '@asc/core';
import { loadDataset, pipeline, readAudio, verifyDataset } from '@asc/data';

/** What reading a set through took. */
export interface ReadSetFigures {
  readonly clips: number;
  readonly trained: number;
  readonly missing: number;
  readonly damaged: number;
  readonly seconds: { readonly load: number; readonly verify: number; readonly split: number; readonly epoch: number };
  readonly peakMb: number;
}

const BATCH = 32;

/**
 * Loads a set, verifies it, takes its first fold and reads one epoch of it in random order; verifies and reads it again until
 * `verified` clips have been looked at.
 */
export async function readSet(name: string, root: string, verified = 0): Promise<ReadSetFigures> {
  const seconds: Record<string, number> = {};
  const timed = async <T>(what: string, work: () => T | Promise<T>): Promise<T> => {
    const begun = performance.now();
    const result = await work();
    seconds[what] = (seconds[what] ?? 0) + (performance.now() - begun) / 1000;
    return result;
  };
  const dataset = await timed('load', () => loadDataset(name, root));
  let report = await timed('verify', () => verifyDataset(dataset));
  const train = await timed('split', () => dataset.split(1, 'train'));
  const readEpoch = async (epoch: number): Promise<number> => {
    const batches = pipeline(train)
      .shuffle(createRng(0).split('epoch', epoch))
      .map(async ({ path, scene }) => ({ scene, samples: (await readAudio(path)).samples }), { concurrency: 8 })
      .batch(BATCH)
      .prefetch(2);
    let read = 0;
    for await (const batch of batches) read += batch.length;
    return read;
  };
  const trained = await timed('epoch', () => readEpoch(0));
  for (let done = dataset.clips.length, epoch = 1; done < verified; done += dataset.clips.length, epoch++) {
    report = await timed('verify', () => verifyDataset(dataset));
    await timed('epoch', () => readEpoch(epoch));
  }
  return {
    clips: dataset.clips.length,
    trained,
    missing: report.missing.length,
    damaged: report.damaged.length,
    seconds: seconds as ReadSetFigures['seconds'],
    peakMb: (process.resourceUsage().maxRSS * 1024) / 1e6,
  };
}
