import meydaModule from 'meyda';

/** Meyda's settings, by Meyda's names. */
export interface MeydaSettings {
  /** FFT length: a power of two. */
  readonly bufferSize: number;
  readonly sampleRate: number;
  readonly melBands: number;
  readonly chromaBands: number;
  readonly numberOfMFCCCoefficients: number;
  readonly numberOfBarkBands: number;
}

type Loudness = { readonly total: number; readonly specific: Float32Array };
type Extracted = number | readonly number[] | Loudness;

/** The part of Meyda's default export that is used here; its own typings do not describe what Node imports. */
interface Meyda extends MeydaSettings {
  readonly windowingFunction: string;
  /** Built by the first `extract`. */
  readonly barkScale: undefined;
  readonly melFilterBank: undefined;
  readonly chromaFilterBank: undefined;
  readonly featureExtractors: Readonly<Record<string, (input: { readonly signal: Float32Array }) => number>>;
  extract(names: readonly string[], signal: Float32Array): Readonly<Record<string, Extracted>>;
}

/** Meyda’s extractors behind one typed door. */
export interface MeydaEngine {
  /** A descriptor of samples alone (any number of them). */
  ofSignal(name: string, samples: Float32Array): number;
  /** Descriptors of the magnitude spectrum of `windowed` (bufferSize). */
  ofSpectrum(names: readonly string[], windowed: Float32Array): Record<string, number | readonly number[]>;
}

/**
 * A Meyda of one's own. The package keeps settings and filterbanks in one shared object and does not rebuild the banks when
 * the sample rate changes; a copy without banks has neither trouble, and leaves the shared object as it was.
 */
export function createMeydaEngine(settings: MeydaSettings): MeydaEngine {
  const shared = meydaModule as unknown as Meyda;
  const meyda: Meyda = {
    ...shared,
    ...settings,
    barkScale: undefined,
    melFilterBank: undefined,
    chromaFilterBank: undefined,
    windowingFunction: 'rect',
  };
  return {
    ofSignal: (name, samples) => meyda.featureExtractors[name]!({ signal: samples }),
    ofSpectrum: (names, windowed) => {
      const extracted = meyda.extract(names, windowed);
      return Object.fromEntries(names.map((name) => [name, flatten(extracted[name]!)]));
    },
  };
}

function flatten(value: Extracted): number | readonly number[] {
  return typeof value === 'object' && 'specific' in value ? [value.total, ...value.specific] : value;
}
