import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UsageError } from './errors.js';
import { abstractIndex, abstractProbabilities, labelSpace, sceneIndex } from './label-space.js';
import { TAU_2020_SCENES, tau2020Labels } from './tau-2020-labels.js';

describe('labelSpace', () => {
  test('keeps scene order and maps every scene to its abstract class', () => {
    const space = labelSpace(['tram', 'park', 'bus'], { abstract: { outdoor: ['park'], vehicle: ['bus', 'tram'] } });
    expect(space).toEqual({
      scenes: ['tram', 'park', 'bus'],
      abstracts: ['outdoor', 'vehicle'],
      abstractOf: [1, 0, 1],
    });
    expect(labelSpace(['a'])).toEqual({ scenes: ['a'], abstracts: [], abstractOf: [] });
  });

  test('has the ten scenes and three abstract classes of TAU 2020 Mobile', () => {
    const space = tau2020Labels();
    expect(space.scenes).toEqual([...TAU_2020_SCENES].sort());
    expect(space.abstracts).toEqual(['indoor', 'outdoor', 'transportation']);
    const name = (scene: string): string | undefined => space.abstracts[abstractIndex(space, scene)];
    expect(name('metro')).toBe('transportation');
    expect(name('metro_station')).toBe('indoor');
    expect(name('street_traffic')).toBe('outdoor');
    expect(structuredClone(space)).toEqual(JSON.parse(JSON.stringify(space)));
  });

  test('refuses names that do not partition the scenes', () => {
    expect(() => labelSpace([])).toThrow('received []');
    expect(() => labelSpace(['a', 'a'])).toThrow('received "a"');
    expect(() => labelSpace(['a', ''])).toThrow('received ""');
    expect(() => labelSpace(['park', 'bus'], { abstract: { out: ['park'] } })).toThrow('"bus" belongs to no abstract');
    expect(() => labelSpace(['park'], { abstract: { a: ['park'], b: ['park'] } })).toThrow('received "a" and "b"');
    expect(() => labelSpace(['park'], { abstract: { a: ['parc'] } })).toThrow('Did you mean "park"?');
    expect(() => labelSpace(['park'], { abstract: { a: ['park'], b: [] } })).toThrow('"b" is empty');
    // @ts-expect-error: what an untyped caller may pass
    expect(() => labelSpace('park')).toThrow('expected an array of scene names, received "park"');
    // @ts-expect-error: what an untyped caller may pass
    expect(() => labelSpace(['a'], { abstract: { x: 'a' } })).toThrow('expected an array of scene names, received "a"');
    // @ts-expect-error: what an untyped caller may pass
    expect(() => labelSpace(['park'], { abstracts: {} })).toThrow('Did you mean "abstract"?');
  });

  test('looks up scenes and teaches when one is unknown', () => {
    const space = tau2020Labels();
    expect(sceneIndex(space, 'tram')).toBe(9);
    expect(() => sceneIndex(space, 'street-traffic')).toThrow('Did you mean "street_traffic"?');
    expect(() => abstractIndex(labelSpace(['a']), 'a')).toThrow(UsageError);
  });
});

describe('abstractProbabilities', () => {
  test('sums the scenes of each abstract class', () => {
    const space = labelSpace(['a', 'b', 'c'], { abstract: { x: ['c', 'a'], y: ['b'] } });
    expect(abstractProbabilities(space, Float32Array.of(0.5, 0.25, 0.25))).toEqual([0.75, 0.25]);
    expect(() => abstractProbabilities(space, [1])).toThrow('expected (3), received (1)');
    expect(() => abstractProbabilities(labelSpace(['a']), [1])).toThrow('no abstract classes');
  });

  test('keeps the total', () => {
    const space = tau2020Labels();
    const posterior = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(posterior, (p) => {
        const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
        expect(total(abstractProbabilities(space, p))).toBeCloseTo(total(p), 12);
      }),
      { seed: 5, numRuns: 100 },
    );
  });
});
