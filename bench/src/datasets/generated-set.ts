/** A clip of a generated set. */
export interface PlannedClip {
  /** Path below the set's folder. */
  readonly id: string;
  /** Its label in the tables; none where the set hides it. */
  readonly scene?: string;
  /** Where it was recorded, as the tables call it; of AudioSet, its video. */
  readonly location?: string;
  readonly device?: string;
  /** The side of fold 1 it is on, where the set has one fold; neither: in no list. */
  readonly side?: 'train' | 'test' | undefined;
  /** Places of its classes, in sets of events. */
  readonly events?: readonly number[];
  readonly startSeconds?: number;
}

/** A file beside the recordings. */
export type SetFile = readonly [path: string, content: string | Uint8Array];

/** How a published set is generated. */
export interface GeneratedSet {
  /** Every clip; with `names` those of the official list of TAU 2020 Mobile, for sets made of its recordings. */
  readonly plan: (names?: readonly string[]) => readonly PlannedClip[];
  /** The tables of these clips. */
  readonly tables: (clips: readonly PlannedClip[]) => readonly SetFile[];
  /** What else there is beside the recordings. */
  readonly features?: (clips: readonly PlannedClip[]) => Iterable<SetFile>;
}

/** `count` of the clips, evenly chosen, in their order. */
export function thinned(clips: readonly PlannedClip[], count: number): readonly PlannedClip[] {
  if (count >= clips.length) return clips;
  return Array.from({ length: count }, (_, i) => clips[Math.floor((i * clips.length) / count)] as PlannedClip);
}

/** The text of a table. */
export function linesOf(lines: readonly string[], end = '\n'): string {
  return lines.map((line) => line + end).join('');
}

/** Every fourth location is held out, as about a quarter of the official ones are. */
export function isHeldOut(location: string | undefined, fold: number): boolean {
  return Number(/\d+$/.exec(location ?? '')?.[0]) % 4 === fold - 1;
}
