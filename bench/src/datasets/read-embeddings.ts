import { loadDataset, readAudioSetEmbeddings, readAudioSetOntology } from '@asc/data';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EMBEDDINGS } from './audioset-set.js';
import { type ReadSetFigures, peakMb, stopwatch } from './read-set.js';

/**
 * Reads the released embeddings of AudioSet through beside its lists: `missing` are segments of the lists without an embedding,
 * `damaged` those whose classes, or whose ten seconds, are others.
 */
export async function readEmbeddings(root: string): Promise<ReadSetFigures> {
  const { seconds, timed } = stopwatch();
  const dataset = await timed('load', async () => {
    await readAudioSetOntology(join(root, 'ontology.json'));
    return loadDataset('audioset', root);
  });
  const { scenes } = dataset.labels;
  const listed = new Map(dataset.clips.map(({ location = '', events = [] }) => [location, events.join()]));
  let read = 0;
  let damaged = 0;
  await timed('epoch', async () => {
    for (const folder of readdirSync(join(root, EMBEDDINGS))) {
      for await (const { id, labels, frames } of readAudioSetEmbeddings(join(root, EMBEDDINGS, folder))) {
        read++;
        if (listed.get(id) !== labels.map((index) => scenes[index]).join() || frames.length !== 1280) damaged++;
        listed.delete(id);
      }
    }
  });
  return { clips: read, read, missing: listed.size, damaged, facts: { known: 0, agree: 0 }, seconds, peakMb: peakMb() };
}
