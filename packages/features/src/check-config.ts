import {
  checkFinite,
  checkKeys,
  checkOneOf,
  checkPositiveInteger,
  describeValue,
  UsageError,
  type FrontEndConfig,
} from '@asc/core';
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
const LOG_KEYS = { none: [], ln: ['eps'], db: ['amin', 'topDb'] } as const;
const NORMALISE_KEYS = { none: [], 'clip-band': ['floor'], affine: ['offset', 'scale'] } as const;
/** Nobody's audio frame is longer than this (24 s at 44.1 kHz); more is a slip that would eat the memory. */
const MAX_FFT_LENGTH = 2 ** 20;

type Fields = Readonly<Record<string, unknown>>;

function refuse(name: string, expected: string, received: unknown, hint?: string): never {
  throw new UsageError({
    what: `${name} is not valid.`,
    expected,
    received: describeValue(received),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** An object with exactly `keys`. */
function checkWhole(name: string, value: unknown, keys: readonly string[]): Fields {
  const fields = checkKeys(name, value, keys);
  const missing = keys.find((key) => fields[key] === undefined);
  if (missing === undefined) return fields;
  throw new UsageError({
    what: `${name} has no "${missing}".`,
    expected: `the keys ${keys.join(', ')}`,
    received: describeValue(value),
    hint: 'Start from a preset, which has a value for every key.',
  });
}

/** A group whose `kind` says which other keys it has. */
function checkKind(name: string, value: unknown, variants: Readonly<Record<string, readonly string[]>>): Fields {
  const every = ['kind', ...Object.values(variants).flat()];
  const kind = checkOneOf(`${name}.kind`, checkKeys(name, value, every)['kind'], Object.keys(variants));
  return checkWhole(name, value, ['kind', ...(variants[kind] ?? [])]);
}

function checkPositive(name: string, value: unknown, why = ''): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  return refuse(name, `a number above 0${why}`, value);
}

function checkBands(fields: Fields, fftLength: number, sampleRateHz: number): void {
  const bands = checkPositiveInteger('bands', fields['bands']);
  const nyquistHz = sampleRateHz / 2;
  const minHz = checkFinite('minHz', fields['minHz'], { min: 0 });
  const maxHz = checkPositive('maxHz', fields['maxHz']);
  if (maxHz > nyquistHz) {
    refuse('maxHz', `at most ${nyquistHz} Hz, half the sample rate`, maxHz, 'No higher frequency exists at this rate.');
  }
  if (minHz >= maxHz) refuse('minHz', `less than maxHz, ${maxHz} Hz`, minHz);
  if (fields['mel'] !== 'none') return;
  const bins = Math.floor(fftLength / 2) + 1;
  if (bands !== bins) {
    refuse('bands', `${bins}, the bins of a ${fftLength}-point FFT`, bands, 'With `mel: "none"` every bin is a band.');
  }
  if (minHz !== 0 || maxHz !== nyquistHz) {
    refuse('minHz, maxHz', `0 and ${nyquistHz} Hz`, [minHz, maxHz], 'With `mel: "none"` every bin is kept.');
  }
  if (fields['melNorm'] !== 'none') refuse('melNorm', '"none", because mel is "none"', fields['melNorm']);
}

function checkGroups(fields: Fields): void {
  const log = checkKind('log', fields['log'], LOG_KEYS);
  const silence = ': silence is 0, which has no logarithm';
  if (log['kind'] === 'ln') checkPositive('log.eps', log['eps'], silence);
  if (log['kind'] === 'db') {
    checkPositive('log.amin', log['amin'], silence);
    if (log['topDb'] !== null) checkPositive('log.topDb', log['topDb'], ', or null');
  }
  const deltas = checkWhole('deltas', fields['deltas'], ['order', 'width', 'stack']);
  checkOneOf('deltas.order', deltas['order'], [0, 1, 2]);
  const width = deltas['width'];
  if (!Number.isInteger(width) || (width as number) < 3 || (width as number) % 2 === 0) {
    refuse('deltas.width', 'an odd integer of at least 3', width);
  }
  checkOneOf('deltas.stack', deltas['stack'], ['channel', 'frequency']);
  const normalise = checkKind('normalise', fields['normalise'], NORMALISE_KEYS);
  if (normalise['kind'] === 'clip-band') checkPositive('normalise.floor', normalise['floor']);
  if (normalise['kind'] === 'affine') {
    checkFinite('normalise.offset', normalise['offset']);
    if (checkFinite('normalise.scale', normalise['scale']) === 0) refuse('normalise.scale', 'a number other than 0', 0);
  }
}

/**
 * A whole configuration, checked: every key there, none unknown, no value that cannot work. Returns a copy.
 *
 * @throws UsageError that names the key, what was expected and what came.
 */
export function checkFrontEndConfig(config: unknown): FrontEndConfig {
  const fields = checkWhole('The front end', config, KEYS);
  const sampleRateHz = checkPositive('sampleRateHz', fields['sampleRateHz']);
  checkFinite('preEmphasis', fields['preEmphasis'], { min: 0, max: 1 });
  const windowSamples = checkPositiveInteger('windowSamples', fields['windowSamples']);
  checkPositiveInteger('hopSamples', fields['hopSamples']);
  const fftLength = checkPositiveInteger('fftLength', fields['fftLength']);
  checkFinite('fftLength', fftLength, { min: 2, max: MAX_FFT_LENGTH });
  if (windowSamples > fftLength) {
    const next = 2 ** Math.ceil(Math.log2(windowSamples));
    const hint = `Set fftLength to at least ${windowSamples} (${next} is the next power of two), or shorten the window.`;
    refuse('windowSamples', `at most fftLength, ${fftLength}: the FFT would drop the rest`, windowSamples, hint);
  }
  checkOneOf('window', fields['window'], WINDOW_NAMES);
  checkOneOf('center', fields['center'], ['reflect', 'zero', 'none']);
  checkOneOf('spectrum', fields['spectrum'], ['power', 'magnitude']);
  checkOneOf('mel', fields['mel'], ['htk', 'slaney', 'vggish', 'none']);
  checkOneOf('melNorm', fields['melNorm'], ['none', 'slaney']);
  checkBands(fields, fftLength, sampleRateHz);
  checkGroups(fields);
  // Deep: what was checked can then not be changed from outside.
  return structuredClone(fields) as unknown as FrontEndConfig;
}
