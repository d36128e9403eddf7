import { describe, expect, test } from '@jest/globals';
import { UsageError } from '@asc/core';
import { checkFrontEndConfig } from './check-config.js';
import { resolveFrontEndConfig, type FrontEndInput } from './config.js';
import { frontEndPreset, PRESET_NAMES } from './presets.js';

const good = frontEndPreset('amfm-small').config;

describe('front-end configuration', () => {
  test('every preset is a valid configuration and survives JSON', () => {
    for (const name of PRESET_NAMES) {
      const { config, source } = frontEndPreset(name);
      expect(checkFrontEndConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
      expect(source).not.toBe('');
    }
  });

  test('a preset with overrides keeps the rest', () => {
    expect(resolveFrontEndConfig({ preset: 'amfm-small', bands: 64 })).toEqual({ ...good, bands: 64 });
  });

  test.each<[string, object, RegExp]>([
    ['unknown key', { hopSample: 3 }, /hopSamples/],
    ['unknown key in a group', { log: { kind: 'ln', eps: 1e-7, base: 2 } }, /"base"/],
    ['key of another kind', { log: { kind: 'db', amin: 1e-10, topDb: null, eps: 1 } }, /eps/],
    ['unknown kind', { normalise: { kind: 'global' } }, /clip-band/],
    ['missing key', { bands: undefined }, /no "bands"/],
    ['missing key in a group', { deltas: { order: 1, width: 9 } }, /no "stack"/],
    ['window longer than the FFT', { windowSamples: 2205 }, /FFT would drop[^]*4096/],
    ['band above Nyquist', { maxHz: 24000 }, /22050/],
    ['empty range', { minHz: 22050 }, /less than maxHz/],
    ['negative frequency', { minHz: -1 }, /minHz/],
    ['zero hop', { hopSamples: 0 }, /positive integer/],
    ['fraction of a sample', { windowSamples: 1102.5 }, /positive integer/],
    ['huge FFT', { fftLength: 2 ** 30 }, /1048576/],
    ['number as text', { bands: '128' }, /"128"/],
    ['not a number', { preEmphasis: Number.NaN }, /NaN/],
    ['zero eps', { log: { kind: 'ln', eps: 0 } }, /log\.eps/],
    ['even delta width', { deltas: { order: 1, width: 4, stack: 'channel' } }, /odd/],
    ['third delta', { deltas: { order: 3, width: 5, stack: 'channel' } }, /deltas\.order/],
    ['zero scale', { normalise: { kind: 'affine', offset: 0, scale: 0 } }, /other than 0/],
    ['bands without mel', { mel: 'none' }, /1025/],
    ['range without mel', { mel: 'none', bands: 1025, maxHz: 8000 }, /every bin is kept/],
    ['window by another name', { window: 'haming' }, /"hamming"\?/],
    ['group that is no object', { log: 'ln' }, /log/],
    ['group that is null', { deltas: null }, /deltas/],
  ])('refuses: %s', (_, change, message) => {
    expect(() => checkFrontEndConfig({ ...good, ...change })).toThrow(UsageError);
    expect(() => checkFrontEndConfig({ ...good, ...change })).toThrow(message);
  });

  test('refuses what is no configuration at all, and unknown presets with the list of presets', () => {
    for (const input of [null, undefined, 3, [], 'amfm', { preset: 'amfm' }, { preset: 'toString' }, { preset: 1 }]) {
      expect(() => resolveFrontEndConfig(input as unknown as FrontEndInput)).toThrow(UsageError);
    }
    expect(() => resolveFrontEndConfig('amfm' as 'vggish')).toThrow(/amfm-small/);
    expect(() => resolveFrontEndConfig({ preset: 'vggish', hop: 1 } as FrontEndInput)).toThrow(/hop/);
  });
});
