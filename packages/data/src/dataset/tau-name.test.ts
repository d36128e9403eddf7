import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatTauName, parseTauName } from './tau-name.js';

describe('parseTauName', () => {
  it('reads the grammars of 2019, 2020 and 2022', () => {
    expect(parseTauName('audio/airport-lisbon-1000-40000-a.wav')).toEqual({
      scene: 'airport',
      city: 'lisbon',
      location: '1000',
      segment: '40000',
      device: 'a',
    });
    expect(parseTauName('metro_station-paris-12-345-s6.flac')).toMatchObject({ scene: 'metro_station', device: 's6' });
    expect(parseTauName('audio/airport-barcelona-0-7-9-b.wav')).toMatchObject({ segment: '7-9', device: 'b' });
  });

  it('leaves other names alone', () => {
    for (const name of ['audio/0.wav', 'airport-lisbon-1000-40000.wav', 'airport-lisbon-1-2-a', '', 'a--b-c-d.wav']) {
      expect(parseTauName(name)).toBeUndefined();
    }
  });

  it('reads back what formatTauName writes', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
    const number = fc.nat().map(String);
    const device = fc.constantFrom('a', 'b', 'c', 's1', 's6');
    fc.assert(
      fc.property(word, word, number, number, device, (scene, city, location, segment, dev) => {
        const name = { scene, city, location, segment, device: dev };
        expect(parseTauName(`audio/${formatTauName(name, 'wav')}`)).toEqual(name);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
