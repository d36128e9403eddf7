import { createHash } from 'node:crypto';
import { type GeneratedSet, type PlannedClip, type SetFile, linesOf } from './generated-set.js';
import { encodeSegment } from './encode-segment.js';

/** Folder of the released embeddings as their archive unpacks. */
export const EMBEDDINGS = 'features/audioset_v1_embeddings';
const CLASSES = 527;
/** Nodes of the ontology, those that are never a label included. */
const SOUNDS = 632;

/** The published lists with recordings, as their own second line counts them: no class has fewer than 59 segments. */
const LISTS = [
  { list: 'balanced_train', folder: 'bal_train', side: 'train', segments: 22_160, labels: 52_882, created: '10:54:31' },
  { list: 'eval', folder: 'eval', side: 'test', segments: 20_371, labels: 51_804, created: '10:54:25' },
] as const;

/**
 * The balanced list and the evaluation list with a recording of every segment, the 527 classes, the ontology, and the released
 * embeddings. The unbalanced list, two million segments that nobody has whole any more, is left out.
 */
export const AUDIOSET: GeneratedSet = {
  plan: () =>
    LISTS.flatMap(({ list, side, segments, labels }) =>
      Array.from({ length: segments }, (_, i): PlannedClip => {
        const video = createHash('sha1').update(`${list} ${i}`).digest('base64url').slice(0, 11);
        const startSeconds = 10 * (i % 30);
        const events = Array.from({ length: i < labels - 2 * segments ? 3 : 2 }, (__, k) => (i + 211 * k) % CLASSES);
        return { id: `clips/${list}/${video}_${1000 * startSeconds}.wav`, location: video, side, events, startSeconds };
      }),
    ),
  tables: (clips) => [
    ['class_labels_indices.csv', linesOf(['index,mid,display_name', ...Array.from({ length: CLASSES }, classRow)])],
    ['ontology.json', JSON.stringify(ontology(), null, 2)],
    ...LISTS.map(({ list, side, created }): SetFile => [
      `${list}_segments.csv`,
      segmentsTable(
        clips.filter((clip) => clip.side === side),
        created,
      ),
    ]),
  ],
  *features(clips) {
    for (const { folder, side } of LISTS) {
      yield* embeddings(
        folder,
        clips.filter((clip) => clip.side === side),
      );
    }
  },
};

function mid(index: number): string {
  return `/m/0${(36 ** 3 + index).toString(36)}`;
}

/** Some names have a comma, as `Male speech, man speaking`. */
function nameOf(index: number): string {
  return index % 3 === 0 ? `Sound ${index}` : `Sound ${index}, invented`;
}

function classRow(_: unknown, index: number): string {
  return `${index},${mid(index)},"${nameOf(index)}"`;
}

/** The classes, below sounds that are no labels. */
function ontology(): object[] {
  const groups = SOUNDS - CLASSES;
  return Array.from({ length: SOUNDS }, (_, index) => ({
    id: mid(index),
    name: nameOf(index),
    description: '',
    citation_uri: '',
    positive_examples: [],
    child_ids:
      index < CLASSES
        ? []
        : Array.from({ length: CLASSES }, (__, i) => i)
            .filter((i) => i % groups === index - CLASSES)
            .map(mid),
    restrictions: index < CLASSES ? [] : ['abstract'],
  }));
}

function segmentsTable(clips: readonly PlannedClip[], created: string): string {
  const labels = clips.reduce((sum, { events = [] }) => sum + events.length, 0);
  const rows = clips.map(({ location, startSeconds = 0, events = [] }) => {
    return `${location}, ${startSeconds.toFixed(3)}, ${(startSeconds + 10).toFixed(3)}, "${events.map(mid).join(',')}"`;
  });
  return linesOf([
    `# Segments csv created Sun Mar  5 ${created} 2017`,
    `# num_ytids=${clips.length}, num_segs=${clips.length}, num_unique_labels=${CLASSES}, num_positive_labels=${labels}`,
    '# YTID, start_seconds, end_seconds, positive_labels',
    ...rows,
  ]);
}

/** A file for the first two characters of the videos in it. */
function* embeddings(folder: string, clips: readonly PlannedClip[]): Generator<SetFile> {
  const files = new Map<string, PlannedClip[]>();
  for (const clip of clips) {
    const start = clip.location?.slice(0, 2) ?? '';
    files.set(start, [...(files.get(start) ?? []), clip]);
  }
  for (const [start, some] of files) {
    const records = some.map(({ location = '', startSeconds = 0, events = [] }) =>
      encodeSegment({
        id: location,
        startSeconds,
        endSeconds: startSeconds + 10,
        labels: events,
        frames: framesOf(location),
      }),
    );
    yield [`${EMBEDDINGS}/${folder}/${start}.tfrecord`, Buffer.concat(records)];
  }
}

/** Ten seconds of numbers that tell one video from another. */
function framesOf(video: string): Uint8Array {
  const seed = Buffer.from(video);
  return Uint8Array.from({ length: 1280 }, (_, i) => (seed[i % seed.length] ?? 0) + i);
}
