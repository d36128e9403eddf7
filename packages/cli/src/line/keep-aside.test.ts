import type { ClipInfo } from '@asc/core';
import type { ClipList } from '@asc/data';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keepAside } from './keep-aside.js';

const clip = (id: number, scene: string, location?: string): ClipInfo => ({
  id: `${id}`,
  path: `${id}`,
  scene,
  location,
  city: undefined,
  device: undefined,
});
const CLIPS = Array.from({ length: 120 }, (_, i) => clip(i, i % 2 === 0 ? 'bus' : 'park', `place ${i % 20}`));
const ids = (clips: ClipList) => clips.map(({ id }) => id).sort();

describe('clips kept aside', () => {
  it('are whole locations, the share asked for of every scene, whatever the order of the clips', () => {
    const { train, aside } = keepAside(CLIPS, 0.2);
    expect(ids([...train, ...aside])).toEqual(ids(CLIPS));
    const places = (clips: ClipList) => new Set(clips.map(({ location }) => location));
    for (const place of places(aside)) expect(places(train)).not.toContain(place);
    for (const scene of ['bus', 'park']) {
      expect(places(aside.filter((each) => each.scene === scene)).size).toBe(2);
    }
    fc.assert(
      fc.property(fc.shuffledSubarray(CLIPS, { minLength: CLIPS.length }), (shuffled) => {
        expect(ids(keepAside(shuffled, 0.2).aside)).toEqual(ids(aside));
      }),
      { seed: 1, numRuns: 10 },
    );
    const fewer = ids(keepAside(CLIPS, 0.1).aside);
    expect(ids(aside)).toEqual(expect.arrayContaining(fewer));
    expect(fewer.length).toBe(aside.length / 2);
    expect(keepAside(CLIPS, 0)).toEqual({ train: CLIPS, aside: [] });
  });

  it('are at least one location a scene, and never all', () => {
    expect(keepAside(CLIPS, 0.001).aside).toHaveLength(12);
    expect(() => keepAside([clip(0, 'bus', 'x'), clip(1, 'bus', 'x')], 0.1)).toThrow(
      /Too few locations of the scene "bus".*\nexpected more than 1, received 1\n.*evaluate\.keepAside/,
    );
    const alone = [clip(0, 'bus'), clip(1, 'bus'), clip(2, 'bus')];
    expect(keepAside(alone, 0.4).aside).toHaveLength(1);
  });
});
