import { UsageError, type Rng } from '@asc/core';

/** The clips a teacher hears beside clip `index` in an epoch, as indices; the same whenever it is asked. */
export type SegmentDraw = (index: number, epoch: number) => readonly number[];

/**
 * Draws `others` clips of the same scene for every clip: of locations that differ from its own and from one another as far as
 * there are any, else other clips of its location, else the clip itself. A clip without a location is one of its own.
 *
 * Source: Heo et al. 2021, section 4: "three audio segments from an identical scene with different locations".
 *
 * @throws UsageError for a clip without a scene or id.
 */
export function sceneSegments(
  clips: Iterable<{
    readonly id?: string | undefined;
    readonly scene: string | undefined;
    readonly location?: string | undefined;
  }>,
  others: number,
  rng: Rng,
): SegmentDraw {
  const places = new Map<string, Map<string, number[]>>();
  const placed = Array.from(clips, ({ id, scene, location }, index) => {
    if (id === undefined || scene === undefined) {
      throw new UsageError({ what: `Clip ${index} has no ${id === undefined ? 'id' : 'scene'} to draw segments by.` });
    }
    const own = { id, scene, location: location === undefined ? `clip ${id}` : `location ${location}` };
    const ofScene = places.get(scene) ?? new Map<string, number[]>();
    places.set(scene, ofScene.set(own.location, [...(ofScene.get(own.location) ?? []), index]));
    return own;
  });
  return (index, epoch) => {
    const own = placed[index];
    if (own === undefined) throw new UsageError({ what: `There is no clip ${index} to draw segments for.` });
    const ofScene = places.get(own.scene) as ReadonlyMap<string, readonly number[]>;
    const elsewhere = [...ofScene].filter(([location]) => location !== own.location).map(([, there]) => there);
    const here = (ofScene.get(own.location) ?? []).filter((each) => each !== index);
    const pools = elsewhere.length > 0 ? elsewhere : [here.length > 0 ? here : [index]];
    const draws = rng.split(epoch, own.id);
    const order = draws.permutation(pools.length);
    return Array.from({ length: others }, (_, k) => {
      const pool = pools[order[k % pools.length] ?? 0] as readonly number[];
      return pool[draws.integer(pool.length)] as number;
    });
  };
}

/** The rows of the arrays `segment/1` … of a batch, by name, out of what was drawn for each of its clips, as many for each. */
export function segmentRows<T>(drawn: readonly (readonly T[])[]): Readonly<Record<string, readonly T[]>> {
  const others = drawn[0] ?? [];
  return Object.fromEntries(others.map((_, k) => [`segment/${k + 1}`, drawn.map((each) => each[k] as T)]));
}
