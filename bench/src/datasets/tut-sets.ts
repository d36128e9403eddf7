import { tut2017Labels } from '@asc/data';
import { type GeneratedSet, type PlannedClip, isHeldOut, linesOf } from './generated-set.js';

/** Rows of `error.txt`. */
const ERRORS = 84;

/** 4,680 clips: 15 scenes of 26 recordings of 12 segments, in four folds. */
export const TUT_2017: GeneratedSet = {
  plan: () =>
    tut2017Labels().scenes.flatMap((scene, s) =>
      Array.from({ length: 312 }, (_, k) => {
        const location = `${'abcdefghijklmno'[s]}${String(Math.floor(k / 12)).padStart(3, '0')}`;
        return { id: `audio/${location}_${10 * (k % 12)}_${10 * (k % 12) + 10}.wav`, scene, location };
      }),
    ),
  tables: (clips) => [
    [
      'meta.txt',
      linesOf(
        clips.map((clip) => `${row(clip)}\t${clip.location}`),
        '\r\n',
      ),
    ],
    ['error.txt', linesOf(clips.slice(0, ERRORS).map(({ id }) => `${id}\t0.0\t1.0`))],
    ...[1, 2, 3, 4].flatMap((fold) => {
      const heldOut = clips.filter(({ location }) => isHeldOut(location, fold));
      const list = (side: string, lines: readonly string[]) =>
        [`evaluation_setup/fold${fold}_${side}.txt`, linesOf(lines)] as const;
      return [
        list('train', clips.filter(({ location }) => !isHeldOut(location, fold)).map(row)),
        list('evaluate', heldOut.map(row)),
        list(
          'test',
          heldOut.map(({ id }) => id),
        ),
      ];
    }),
  ],
};

/** 1,620 anonymous clips, 108 a scene, and the two lists of them. */
export const TUT_2017_EVALUATION: GeneratedSet = {
  plan: () => {
    const { scenes } = tut2017Labels();
    return Array.from({ length: 108 * scenes.length }, (_, i) => ({
      id: `audio/${i}.wav`,
      scene: scenes[(7 * i) % scenes.length] ?? '',
    }));
  },
  tables: (clips) => [
    ['evaluation_setup/test.txt', linesOf(clips.map(({ id }) => id))],
    ['evaluation_setup/evaluate.txt', linesOf(clips.map(row))],
  ],
};

function row({ id, scene }: PlannedClip): string {
  return `${id}\t${scene}`;
}
