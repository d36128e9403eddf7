import { UsageError, type FrontEndConfig } from '@asc/core';
import { WINDOW_NAMES } from './windows.js';

const KEYS: readonly (keyof FrontEndConfig)[] = [
  'sampleRateHz',
  'preEmphasis',
  'windowSamples',
  'hopSamples',
  'fftLength',
  'window',
  'center',
  'spectrum',
  'mel',
  'melNorm',
  'bands',
  'minHz',
  'maxHz',
  'log',
  'deltas',
  'normalise',
];
const LOG_KEYS = { none: ['kind'], ln: ['kind', 'eps'], db: ['kind', 'amin', 'topDb'] } as const;
const NORMALISE_KEYS = { none: ['kind'], 'clip-band': ['kind', 'floor'], affine: ['kind', 'offset', 'scale'] } as const;
/** Nobody's audio frame is longer than this (24 s at 44.1 kHz); more is a slip that would eat the memory. */
const MAX_FFT_LENGTH = 2 ** 20;

type Fields = Readonly<Record<string, unknown>>;

function fail(name: string, expected: string, received: unknown, hint?: string): never {
  throw new UsageError({
    what: `The front end's \`${name}\` is wrong.`,
    expected,
    received: show(received),
    ...(hint === undefined ? {} : { hint }),
  });
}

function show(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value);
  return JSON.stringify(value) ?? String(value);
}

function checkKeys(value: unknown, keys: readonly string[], name: string): asserts value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(name, 'an object', value);
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) fail(name, `only the keys ${keys.join(', ')}`, key, 'Remove the unknown key.');
  }
  for (const key of keys) {
    if ((value as Fields)[key] === undefined) {
      fail(name, `the keys ${keys.join(', ')}`, value, `\`${key}\` is missing; a preset has a value for every key.`);
    }
  }
}

function checkOneOf(fields: Fields, key: string, choices: readonly unknown[], prefix = ''): void {
  if (!choices.includes(fields[key])) fail(prefix + key, `one of ${choices.join(', ')}`, fields[key]);
}

/** Checks a number; `accepts` says more than finiteness. */
function checkNumber(
  fields: Fields,
  key: string,
  expected: string,
  accepts: (x: number) => boolean,
  prefix = '',
): number {
  const value = fields[key];
  if (typeof value !== 'number' || !Number.isFinite(value) || !accepts(value)) fail(prefix + key, expected, value);
  return value;
}

const positive = (x: number): boolean => x > 0;
const count = (x: number): boolean => Number.isInteger(x) && x > 0;

/** The keys of the variant that `value.kind` names. */
function checkKind(value: unknown, name: string, variants: Readonly<Record<string, readonly string[]>>): Fields {
  const kind = typeof value === 'object' && value !== null ? (value as Fields)['kind'] : undefined;
  if (typeof kind !== 'string' || !Object.hasOwn(variants, kind)) {
    fail(name, `an object whose \`kind\` is one of ${Object.keys(variants).join(', ')}`, value);
  }
  checkKeys(value, variants[kind]!, name);
  return value;
}

function checkBands(fields: Fields, fftLength: number, sampleRateHz: number): void {
  const bands = checkNumber(fields, 'bands', 'a positive integer', count);
  const nyquistHz = sampleRateHz / 2;
  const minHz = checkNumber(fields, 'minHz', 'a frequency of at least 0 Hz', (x) => x >= 0);
  const maxHz = checkNumber(fields, 'maxHz', 'a frequency above 0 Hz', positive);
  if (maxHz > nyquistHz) {
    fail('maxHz', `at most ${nyquistHz} Hz, half the sample rate`, maxHz, 'No higher frequency exists at this rate.');
  }
  if (minHz >= maxHz) fail('minHz', `less than \`maxHz\`, ${maxHz} Hz`, minHz);
  if (fields['mel'] !== 'none') return;
  const bins = Math.floor(fftLength / 2) + 1;
  if (bands !== bins) {
    fail('bands', `${bins}, the bins of a ${fftLength}-point FFT`, bands, 'With `mel: none` every bin is a band.');
  }
  if (minHz !== 0 || maxHz !== nyquistHz) {
    fail('minHz, maxHz', `0 and ${nyquistHz} Hz`, [minHz, maxHz], 'With `mel: none` every bin is kept.');
  }
  if (fields['melNorm'] !== 'none') fail('melNorm', 'none, because `mel` is none', fields['melNorm']);
}

function checkGroups(fields: Fields): void {
  const log = checkKind(fields['log'], 'log', LOG_KEYS);
  if (log['kind'] === 'ln')
    checkNumber(log, 'eps', 'a number above 0 (silence is 0, and ln 0 is −∞)', positive, 'log.');
  if (log['kind'] === 'db') {
    checkNumber(log, 'amin', 'a number above 0 (silence is 0, and log 0 is −∞)', positive, 'log.');
    if (log['topDb'] !== null) checkNumber(log, 'topDb', 'a number above 0, or null', positive, 'log.');
  }
  checkKeys(fields['deltas'], ['order', 'width', 'stack'], 'deltas');
  checkOneOf(fields['deltas'], 'order', [0, 1, 2], 'deltas.');
  checkNumber(fields['deltas'], 'width', 'an odd integer of at least 3', (x) => x >= 3 && x % 2 === 1, 'deltas.');
  checkOneOf(fields['deltas'], 'stack', ['channel', 'frequency'], 'deltas.');
  const normalise = checkKind(fields['normalise'], 'normalise', NORMALISE_KEYS);
  if (normalise['kind'] === 'clip-band') checkNumber(normalise, 'floor', 'a number above 0', positive, 'normalise.');
  if (normalise['kind'] === 'affine') {
    checkNumber(normalise, 'offset', 'a finite number', () => true, 'normalise.');
    checkNumber(normalise, 'scale', 'a finite number other than 0', (x) => x !== 0, 'normalise.');
  }
}

/**
 * A whole configuration, checked: every key there, none unknown, no value that cannot work. Returns a copy.
 *
 * @throws UsageError that names the key, what was expected and what came.
 */
export function checkFrontEndConfig(config: unknown): FrontEndConfig {
  checkKeys(config, KEYS, 'configuration');
  const sampleRateHz = checkNumber(config, 'sampleRateHz', 'a positive number of samples a second', positive);
  checkNumber(config, 'preEmphasis', 'a number from 0 (off) to 1', (x) => x >= 0 && x <= 1);
  const windowSamples = checkNumber(config, 'windowSamples', 'a positive integer', count);
  checkNumber(config, 'hopSamples', 'a positive integer', count);
  const fftLength = checkNumber(
    config,
    'fftLength',
    `an integer from 2 to ${MAX_FFT_LENGTH}`,
    (x) => count(x) && x >= 2 && x <= MAX_FFT_LENGTH,
  );
  if (windowSamples > fftLength) {
    const hint = `Use an FFT of at least ${windowSamples} points (${2 ** Math.ceil(Math.log2(windowSamples))} is the next power of two) or a shorter window.`;
    fail('windowSamples', `at most \`fftLength\`, ${fftLength}: the FFT would drop the rest`, windowSamples, hint);
  }
  checkOneOf(config, 'window', WINDOW_NAMES);
  checkOneOf(config, 'center', ['reflect', 'zero', 'none']);
  checkOneOf(config, 'spectrum', ['power', 'magnitude']);
  checkOneOf(config, 'mel', ['htk', 'slaney', 'vggish', 'none']);
  checkOneOf(config, 'melNorm', ['none', 'slaney']);
  checkBands(config, fftLength, sampleRateHz);
  checkGroups(config);
  return { ...(config as unknown as FrontEndConfig) };
}
