/**
 * The values that cross a border between packages. One alphabet for shapes: B batch, S samples, N FFT length,
 * K bins = N/2+1, T frames, F mel bands, C channels, Y classes. Feature maps and tensors are (B, F, T, C), row-major.
 */

/** Element types that cross package borders. */
export type DType = 'float32' | 'int32' | 'bool';

/** A plain n-dimensional array: row-major `data` of `shape`. `bool` is stored as 0/1 bytes. */
export interface NdArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** Named arrays: a batch, a set of weights, an optimiser's state. */
export type NdArrays = Readonly<Record<string, NdArray>>;

/** Shape and type of an array that is not there yet. */
export interface NdSpec {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** One channel of sound: (S), nominally in [-1, 1]. */
export interface Waveform {
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
}

/** What a dataset knows about one recording without opening it. */
export interface ClipInfo {
  /** The official name, relative to the dataset's root, e.g. `audio/airport-lisbon-1000-40000-a.wav`. Unique. */
  readonly id: string;
  /** Where the file lies on this machine. */
  readonly path: string;
  /** Scene label, or `undefined` where the dataset hides it (an unlabelled test set). */
  readonly scene: string | undefined;
  readonly city: string | undefined;
  /** Recording location: clips of one location never sit on both sides of a split. */
  readonly location: string | undefined;
  /** Recording device: `a`, `b`, `c` real; `s1`–`s6` simulated. */
  readonly device: string | undefined;
  /** Sound events heard in it, of a set labelled with those instead of scenes. */
  readonly events?: readonly string[];
}

/** A recording with its sound. */
export interface Clip extends ClipInfo {
  readonly waveform: Waveform;
}

/** Time-frequency picture of a clip: `data` is (F, T, C), row-major. */
export interface FeatureMap {
  readonly data: Float32Array;
  readonly bands: number;
  readonly frames: number;
  readonly channels: number;
}

/** Scenes, and the coarser classes they belong to. */
export interface LabelSpace {
  readonly scenes: readonly string[];
  /** Abstract classes (e.g. indoor, outdoor, transportation); empty where none are defined. */
  readonly abstracts: readonly string[];
  /** For each scene, the index of its abstract class; empty where none are defined. */
  readonly abstractOf: readonly number[];
}

/**
 * Class posteriors of one clip, keyed by the clip's id, never by row number.
 */
export interface Prediction {
  readonly id: string;
  readonly scene: string | undefined;
  readonly device: string | undefined;
  /** Sound events heard in the clip, where such are predicted. */
  readonly events?: readonly string[];
  /** Posterior over `Predictions.labels`: (Y), sums to 1; of sound events each by itself, in [0, 1]. */
  readonly probabilities: readonly number[];
}

/** What a model said about a set of clips. */
export interface Predictions {
  readonly labels: readonly string[];
  readonly rows: readonly Prediction[];
}

/** How one window of samples becomes one frame of numbers; the configuration a front end is built from. Plain JSON. */
export interface FrontEndConfig {
  readonly sampleRateHz: number;
  /** y[n] = x[n] − a·x[n−1], first sample dropped; 0 is off. */
  readonly preEmphasis: number;
  readonly windowSamples: number;
  readonly hopSamples: number;
  readonly fftLength: number;
  readonly window:
    'hann' | 'hann-symmetric' | 'hamming' | 'hamming-symmetric' | 'blackman' | 'blackman-symmetric' | 'rectangular';
  /** `reflect` pads N/2 on both sides so that frame t is centred on sample t·hop; `none` starts at sample 0. */
  readonly center: 'reflect' | 'zero' | 'none';
  readonly spectrum: 'power' | 'magnitude';
  /** `none` keeps the K linear bins; `vggish` is HTK's scale with triangles straight in mel and no weight on bin 0. */
  readonly mel: 'htk' | 'slaney' | 'vggish' | 'none';
  readonly melNorm: 'none' | 'slaney';
  readonly bands: number;
  readonly minHz: number;
  readonly maxHz: number;
  readonly log:
    | { readonly kind: 'none' }
    /** ln(x + eps) */
    | { readonly kind: 'ln'; readonly eps: number }
    /** 10·log10(max(x, amin)), clipped at `topDb` below the clip's maximum where given */
    | { readonly kind: 'db'; readonly amin: number; readonly topDb: number | null };
  /** Savitzky–Golay deltas: number of orders (0, 1, 2), odd window width, and where they go. */
  readonly deltas: { readonly order: 0 | 1 | 2; readonly width: number; readonly stack: 'channel' | 'frequency' };
  readonly normalise:
    | { readonly kind: 'none' }
    /** per clip and band over time: (x − mean) / max(std, floor), std with T−1 in the denominator */
    | { readonly kind: 'clip-band'; readonly floor: number }
    /** (x − offset) / scale, fixed numbers */
    | { readonly kind: 'affine'; readonly offset: number; readonly scale: number };
}

/** The numbers a {@link FrontEndConfig} stands for, so that another runtime (an ONNX graph) can compute the same. */
export interface FrontEndPlan {
  readonly config: FrontEndConfig;
  /** (N): the window, zero-padded to the FFT length: symmetrically, or at the end where `center` is `none`. */
  readonly window: Float32Array;
  /** (K, F) row-major filterbank weights; `undefined` where `mel` is `none`. */
  readonly filterbank: Float32Array | undefined;
  /**
   * (order, width) delta regression weights, oldest frame first: one row for order 1, two for order 2; the first and
   * last width/2 frames repeat the nearest full window. `undefined` where `deltas.order` is 0.
   */
  readonly deltaKernel: Float32Array | undefined;
}

/**
 * What is heard of a recording with several channels: the mean of all, of the first two (`mid`), one of them, or `both`: every
 * channel as a recording of its own, whose judgements are averaged.
 */
export type StereoPolicy = 'mean' | 'mid' | 'left' | 'right' | 'both';

/** What a shipped model knows about itself; stored in the ONNX file's metadata. */
export interface ModelCard {
  readonly name: string;
  readonly labels: LabelSpace;
  readonly sampleRateHz: number;
  /** Samples of one model input window (S). */
  readonly clipSamples: number;
  /** What is heard of a recording with several channels; absent for their mean. */
  readonly stereo?: StereoPolicy;
  /** The labels are sound events, each with a probability of its own. */
  readonly events?: true;
  /** What the graph's input is: raw samples (B, S), or a feature map (B, F, T, C). */
  readonly input: 'waveform' | 'features';
  readonly frontEnd: FrontEndConfig;
  /** The front end of a second input, `patches` (B, F, T, C), of a network that also hears through another at its own rate. */
  readonly patches?: { readonly frontEnd: FrontEndConfig; readonly clipSamples: number };
  /** The recipe the weights were trained with, as plain JSON; absent for untrained models. */
  readonly recipe?: unknown;
}

/**
 * Where layers get their randomness from: every draw has a name, so that a traced step can make it an input and an eager
 * step can draw the same numbers. `T` is a tensor. Passed to layers as the call argument `random`.
 */
export interface RandomSource<T> {
  /** Uniform numbers in [0, 1). `label` names the draw, e.g. the layer's name. */
  uniform(shape: readonly number[], label: string): T;
  /** Standard normal numbers. */
  normal(shape: readonly number[], label: string): T;
}

/**
 * Deterministic random numbers. `split` depends only on the path of keys, never on what was drawn before or elsewhere;
 * drawing advances this generator alone.
 */
export interface Rng {
  /** An independent generator named by `keys` under this one. */
  split(...keys: readonly (string | number)[]): Rng;
  /** Uniform in [0, 1), 24 bits (exact in float32). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Beta(a, b) in [0, 1]. */
  beta(a: number, b: number): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** A permutation of 0..n−1. */
  permutation(n: number): Int32Array;
  fillUniform(out: Float32Array): Float32Array;
  fillNormal(out: Float32Array): Float32Array;
}
