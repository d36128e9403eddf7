import { createRng } from '@asc/core';
import { loadDataset, pipeline, readAudio, verifyDataset } from '@asc/data';

/** What reading a set through took. */
export interface ReadSetFigures {
  readonly clips: number;
  /** Clips of the epoch. */
  readonly read: number;
  readonly missing: number;
  readonly damaged: number;
  /** Published counts, and how many of them the tables agree with. */
  readonly facts: { readonly known: number; readonly agree: number };
  readonly seconds: Readonly<Record<string, number>>;
  readonly peakMb: number;
}

const BATCH = 32;

/**
 * Loads a set, verifies it, takes its first fold and reads one epoch of what it trains on, or of an evaluation set's only list, in
 * random order; verifies and reads it again until `verified` clips have been looked at.
 */
export async function readSet(name: string, root: string, verified = 0): Promise<ReadSetFigures> {
  const { seconds, timed } = stopwatch();
  const dataset = await timed('load', () => loadDataset(name, root));
  let report = await timed('verify', () => verifyDataset(dataset));
  const side = dataset.sides(1).includes('train') ? 'train' : 'test';
  const clips = await timed('split', () => dataset.split(1, side));
  const readEpoch = async (epoch: number): Promise<number> => {
    const batches = pipeline(clips)
      .shuffle(createRng(0).split('epoch', epoch))
      .map(async ({ path, scene }) => ({ scene, samples: (await readAudio(path)).samples }), { concurrency: 8 })
      .batch(BATCH)
      .prefetch(2);
    let read = 0;
    for await (const batch of batches) read += batch.length;
    return read;
  };
  const read = await timed('epoch', () => readEpoch(0));
  for (let done = dataset.clips.length, epoch = 1; done < verified; done += dataset.clips.length, epoch++) {
    report = await timed('verify', () => verifyDataset(dataset));
    await timed('epoch', () => readEpoch(epoch));
  }
  return {
    clips: dataset.clips.length,
    read,
    missing: report.missing.length,
    damaged: report.damaged.length,
    facts: { known: dataset.facts.length, agree: dataset.facts.filter(({ agrees }) => agrees).length },
    seconds,
    peakMb: peakMb(),
  };
}

/** Adds up the seconds that kinds of work take. */
export function stopwatch() {
  const seconds: Record<string, number> = {};
  const timed = async <T>(what: string, work: () => T | Promise<T>): Promise<T> => {
    const begun = performance.now();
    const result = await work();
    seconds[what] = (seconds[what] ?? 0) + (performance.now() - begun) / 1000;
    return result;
  };
  return { seconds, timed };
}

/** Most memory this process has taken so far. */
export function peakMb(): number {
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}
