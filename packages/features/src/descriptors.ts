import {
  checkKeys,
  checkOneOf,
  checkPositiveInteger,
  UsageError,
  type FeatureMap,
  type FrontEndConfig,
} from '@asc/core';
import { resolveFrontEndConfig, type FrontEndInput } from './config.js';
import {
  checkClipLength,
  checkFiniteSamples,
  emphasisedSamples,
  frameCount,
  padClip,
  paddingSamples,
  windowOffset,
} from './framing.js';
import { checkSamples } from './front-end.js';
import { createMeydaEngine, type MeydaEngine } from './meyda-engine.js';
import { makeWindow } from './windows.js';

/** Rows per descriptor: one number, or as many as an option (or Meyda's 24 Bark bands) says. */
const DESCRIPTORS = {
  rms: { domain: 'time', rows: 'one' },
  energy: { domain: 'time', rows: 'one' },
  zcr: { domain: 'time', rows: 'one' },
  spectralCentroid: { domain: 'spectrum', rows: 'one' },
  spectralSpread: { domain: 'spectrum', rows: 'one' },
  spectralSkewness: { domain: 'spectrum', rows: 'one' },
  spectralKurtosis: { domain: 'spectrum', rows: 'one' },
  spectralRolloff: { domain: 'spectrum', rows: 'one' },
  spectralFlatness: { domain: 'spectrum', rows: 'one' },
  spectralCrest: { domain: 'spectrum', rows: 'one' },
  spectralSlope: { domain: 'spectrum', rows: 'one' },
  loudness: { domain: 'spectrum', rows: 'bark' },
  mfcc: { domain: 'spectrum', rows: 'mfccCoefficients' },
  melBands: { domain: 'spectrum', rows: 'melBands' },
  chroma: { domain: 'spectrum', rows: 'chromaBands' },
} as const;

/** A descriptor of Meyda that has a value for every frame. */
export type DescriptorName = keyof typeof DESCRIPTORS;

/** Every descriptor there is. */
export const DESCRIPTOR_NAMES: readonly DescriptorName[] = Object.keys(DESCRIPTORS) as DescriptorName[];

/** Sizes of the descriptors that are vectors. */
export interface DescriptorOptions {
  readonly mfccCoefficients: number;
  readonly melBands: number;
  readonly chromaBands: number;
}

const DEFAULT_OPTIONS: DescriptorOptions = { mfccCoefficients: 13, melBands: 26, chromaBands: 12 };
const BARK_BANDS = 24;
/** Meyda returns at most this many, whatever is asked for. */
const MAX_MFCC_COEFFICIENTS = 40;

/** A feature map (F, T, 1) whose rows have names: `rms`, …, `mfcc.0`, `mfcc.1`, …, `loudness.total`. */
export interface NamedFeatureMap extends FeatureMap {
  readonly names: readonly string[];
}

/** Turns clips (S) at its sample rate into maps (F, T, 1) of descriptors. */
export interface DescriptorFrontEnd {
  readonly config: FrontEndConfig;
  /** Row names (F), in the order asked for. */
  readonly names: readonly string[];
  /**
   * Descriptors of every frame of a clip (S). Where a descriptor has no value (the centroid of silence is 0/0), it is 0.
   *
   * @throws DataError where the clip is empty, too short, or holds NaN or infinite samples.
   */
  compute(samples: Float32Array): NamedFeatureMap;
}

/**
 * Meyda's descriptors over this package's framing: pre-emphasis, padding, window, hop and FFT length are those of `input`;
 * its mel, log, delta and normalise settings are not used.
 *
 * `rms`, `energy` and `zcr` (sign changes a window) see the window's samples as they are; the others see the magnitude
 * spectrum of the windowed samples, bins 0 … N/2 − 1. Definitions and units are Meyda's: centroid and spread in bins,
 * rolloff (99 %) in Hz, mel bands as ln(1 + power), Meyda's own mel and DCT.
 *
 * @throws UsageError for an unknown descriptor or option, or an FFT length that is not a power of two.
 */
export function descriptors(
  input: FrontEndInput,
  names: readonly DescriptorName[],
  options: Partial<DescriptorOptions> = {},
): DescriptorFrontEnd {
  const config = resolveFrontEndConfig(input);
  if (2 ** Math.round(Math.log2(config.fftLength)) !== config.fftLength) {
    throw new UsageError({
      what: 'Meyda transforms powers of two only.',
      expected: '`fftLength` a power of two',
      received: String(config.fftLength),
      hint: `Set \`fftLength\` to ${2 ** Math.ceil(Math.log2(config.fftLength))}: the window is then padded with zeros.`,
    });
  }
  checkNames(names);
  return new MeydaFrontEnd(config, names, checkOptions(options));
}

function checkNames(names: readonly string[]): void {
  for (const name of names) checkOneOf('The descriptor', name, DESCRIPTOR_NAMES);
  if (names.length > 0 && new Set(names).size === names.length) return;
  throw new UsageError({
    what: 'The list of descriptors is not valid.',
    expected: `some of ${DESCRIPTOR_NAMES.join(', ')}, each once`,
    received: names.length === 0 ? 'an empty list' : names.join(', '),
  });
}

function checkOptions(given: Partial<DescriptorOptions>): DescriptorOptions {
  const fields = checkKeys('The descriptor options', given, Object.keys(DEFAULT_OPTIONS));
  for (const [key, value] of Object.entries(fields)) checkPositiveInteger(key, value);
  const options = { ...DEFAULT_OPTIONS, ...given };
  const most = Math.min(options.melBands, MAX_MFCC_COEFFICIENTS);
  if (options.mfccCoefficients <= most) return options;
  throw new UsageError({
    what: 'mfccCoefficients is not valid.',
    expected: `at most ${most}: no more than there are mel bands, and than Meyda gives`,
    received: String(options.mfccCoefficients),
  });
}

function rowNames(name: DescriptorName, options: DescriptorOptions): readonly string[] {
  const { rows } = DESCRIPTORS[name];
  if (rows === 'one') return [name];
  const count = rows === 'bark' ? BARK_BANDS : options[rows];
  const numbered = Array.from({ length: count }, (_, i) => `${name}.${i}`);
  return rows === 'bark' ? [`${name}.total`, ...numbered] : numbered;
}

class MeydaFrontEnd implements DescriptorFrontEnd {
  readonly config: FrontEndConfig;
  readonly names: readonly string[];
  readonly #timeNames: readonly DescriptorName[];
  readonly #spectrumNames: readonly DescriptorName[];
  readonly #order: readonly DescriptorName[];
  readonly #engine: MeydaEngine;
  readonly #window: Float64Array;

  constructor(config: FrontEndConfig, order: readonly DescriptorName[], options: DescriptorOptions) {
    this.config = config;
    this.names = order.flatMap((name) => rowNames(name, options));
    this.#order = order;
    this.#timeNames = order.filter((name) => DESCRIPTORS[name].domain === 'time');
    this.#spectrumNames = order.filter((name) => DESCRIPTORS[name].domain === 'spectrum');
    this.#window = makeWindow(config.window, config.windowSamples);
    this.#engine = createMeydaEngine({
      bufferSize: config.fftLength,
      sampleRate: config.sampleRateHz,
      melBands: options.melBands,
      chromaBands: options.chromaBands,
      numberOfMFCCCoefficients: options.mfccCoefficients,
      numberOfBarkBands: BARK_BANDS,
    });
  }

  compute(samples: Float32Array): NamedFeatureMap {
    checkSamples(samples);
    const { config } = this;
    checkClipLength(config, samples.length);
    checkFiniteSamples(samples);
    const count = frameCount(config, samples.length);
    const padded = new Float64Array(emphasisedSamples(config, samples.length) + 2 * paddingSamples(config));
    padClip(config, samples, padded);
    const data = new Float32Array(this.names.length * count);
    for (let t = 0; t < count; t += 1) {
      const start = windowOffset(config) + t * config.hopSamples;
      const row = this.#frame(padded.subarray(start, start + config.windowSamples));
      row.forEach((value, f) => {
        data[f * count + t] = Number.isFinite(value) ? value : 0;
      });
    }
    return { data, bands: this.names.length, frames: count, channels: 1, names: this.names };
  }

  #frame(window: Float64Array): readonly number[] {
    const raw = Float32Array.from(window);
    const values: Record<string, number | readonly number[]> = {};
    for (const name of this.#timeNames) values[name] = this.#engine.ofSignal(name, raw);
    if (this.#spectrumNames.length > 0) {
      const windowed = new Float32Array(this.config.fftLength);
      for (let n = 0; n < window.length; n += 1) windowed[n] = window[n]! * this.#window[n]!;
      Object.assign(values, this.#engine.ofSpectrum(this.#spectrumNames, windowed));
    }
    return this.#order.flatMap((name) => values[name] ?? []);
  }
}
