import type { FrontEndConfig } from '@asc/core';

/** A published front end. */
export type PresetName =
  | 'shim2022'
  | 'clova2021'
  | 'amfm-small'
  | 'xin2022'
  | 'xin2022-30mmac'
  | 'zhang2019'
  | 'vggish'
  | 'dcase2024'
  | 'dcase2020-1b'
  | 'dcase2022'
  | 'cp-mobile'
  | 'bc-resnet-asc'
  | 'tf-sepnet';

/** A published front end: its numbers, where they come from, and which of them we had to choose. */
export interface FrontEndPreset {
  readonly config: FrontEndConfig;
  readonly source: string;
  /** Read in the paper or in its authors' code. */
  readonly exact: string;
  /** Consistent with the source but not stated there. */
  readonly inferred: string;
}

const NO_DELTAS = { order: 0, width: 9, stack: 'channel' } as const;

/** 40 ms Hamming windows every 20 ms at 44.1 kHz, with pre-emphasis: the common trunk of three presets. */
const HAMMING_40_20 = {
  sampleRateHz: 44100,
  preEmphasis: 0.97,
  windowSamples: 1764,
  hopSamples: 882,
  fftLength: 2048,
  window: 'hamming',
  center: 'reflect',
  spectrum: 'power',
  mel: 'htk',
  melNorm: 'none',
  minHz: 0,
  maxHz: 22050,
} as const;

/** Hann windows of 2048 samples every 1024 at 44.1 kHz, 256 Slaney mel bands in decibels. */
const SP4ASC_MEL: FrontEndConfig = {
  sampleRateHz: 44100,
  preEmphasis: 0,
  windowSamples: 2048,
  hopSamples: 1024,
  fftLength: 2048,
  window: 'hann',
  center: 'reflect',
  spectrum: 'power',
  mel: 'slaney',
  melNorm: 'slaney',
  bands: 256,
  minHz: 0,
  maxHz: 22050,
  log: { kind: 'db', amin: 1e-10, topDb: null },
  deltas: NO_DELTAS,
  normalise: { kind: 'none' },
};

/** 40 ms Hamming windows every 20 ms, 40 bands of magnitudes by librosa: the baselines of DCASE 2020 to 2022. */
const DCASE_UTIL_MEL = {
  preEmphasis: 0,
  fftLength: 2048,
  window: 'hamming',
  center: 'reflect',
  spectrum: 'magnitude',
  mel: 'slaney',
  melNorm: 'slaney',
  bands: 40,
  minHz: 0,
  log: { kind: 'ln', eps: 2 ** -52 },
  deltas: NO_DELTAS,
  normalise: { kind: 'none' },
} as const;

/** The students of CP-JKU: Kaldi's mel bank, of which VGGish's is the same formula. */
const CP_JKU_MEL = {
  sampleRateHz: 32000,
  preEmphasis: 0.97,
  windowSamples: 3072,
  hopSamples: 500,
  fftLength: 4096,
  window: 'hann-symmetric',
  center: 'reflect',
  spectrum: 'power',
  mel: 'vggish',
  melNorm: 'none',
  minHz: 0,
  log: { kind: 'ln', eps: 1e-5 },
  deltas: NO_DELTAS,
  // (ln(x + 1e-5) + 4.5) / 5
  normalise: { kind: 'affine', offset: -4.5, scale: 5 },
} as const;

const PRESETS: Readonly<Record<PresetName, FrontEndPreset>> = {
  shim2022: {
    config: {
      ...HAMMING_40_20,
      bands: 256,
      log: { kind: 'none' },
      deltas: NO_DELTAS,
      normalise: { kind: 'clip-band', floor: 0.001 },
    },
    source: 'Shim, Jung, Kim, Yu 2022 (arXiv 2104.07213) and shimhz/AMFM',
    exact:
      'everything, read in the released code: no logarithm, torchaudio mel defaults, per clip and band normalisation with the standard deviation floored at 0.001',
    inferred: 'nothing; the paper itself says 50 ms windows, which do not fit its 2048-point FFT',
  },
  clova2021: {
    config: {
      ...HAMMING_40_20,
      bands: 128,
      log: { kind: 'ln', eps: 1e-7 },
      deltas: { order: 2, width: 9, stack: 'channel' },
      normalise: { kind: 'clip-band', floor: 0.001 },
    },
    source: 'Heo, Jung, Shim, Lee 2021, DCASE 2021 task 1A technical report',
    exact: '128 mel bands with deltas and delta-deltas as channels, 40 ms Hamming every 20 ms, pre-emphasis',
    inferred:
      "2048-point FFT (the report counts 1,024 bins), HTK scale, ln(x + 1e-7), width 9 (librosa's default), normalisation and pre-emphasis 0.97 as in shim2022",
  },
  'amfm-small': {
    config: {
      ...HAMMING_40_20,
      bands: 128,
      log: { kind: 'ln', eps: 1e-7 },
      deltas: NO_DELTAS,
      normalise: { kind: 'clip-band', floor: 0.001 },
    },
    source: 'the one-channel input of the small AMFM network in Heo et al. 2021, with the front end of shim2022',
    exact: '128 mel bands, 40 ms Hamming every 20 ms, pre-emphasis',
    inferred: 'one channel, HTK scale, ln(x + 1e-7), normalisation',
  },
  xin2022: {
    config: SP4ASC_MEL,
    source: 'Xin et al. 2022, DCASE 2022 task 1 technical report; valeoai/SP4ASC, the system it extends',
    exact: 'all numbers as read in SP4ASC',
    inferred:
      "that Xin et al. kept SP4ASC's features: the report does not state them, its parameter count needs 256 bands",
  },
  'xin2022-30mmac': {
    config: { ...SP4ASC_MEL, hopSamples: 2048 },
    source:
      'xin2022 with every second frame, so that the network of Xin et al. 2022 keeps within 30 million MACs for 1 s',
    exact: 'nothing: the report states no hop',
    inferred: 'the hop of 2048; the rest as in xin2022',
  },
  zhang2019: {
    config: {
      sampleRateHz: 44100,
      preEmphasis: 0,
      windowSamples: 1102,
      hopSamples: 441,
      fftLength: 2048,
      window: 'hann',
      center: 'reflect',
      spectrum: 'power',
      mel: 'htk',
      melNorm: 'none',
      bands: 64,
      minHz: 0,
      maxHz: 22050,
      log: { kind: 'ln', eps: 1e-7 },
      deltas: NO_DELTAS,
      normalise: { kind: 'none' },
    },
    source: 'Zhang, Zou, Li 2019 (arXiv 1910.09935)',
    exact: '64 log-mel bands from 25 ms windows',
    inferred:
      '"10 ms overlap" read as a 10 ms hop; sample rate (that of TUT 2017), Hann window, HTK scale, ln(x + 1e-7), no normalisation',
  },
  vggish: {
    config: {
      sampleRateHz: 16000,
      preEmphasis: 0,
      windowSamples: 400,
      hopSamples: 160,
      fftLength: 512,
      window: 'hann',
      center: 'none',
      spectrum: 'magnitude',
      mel: 'vggish',
      melNorm: 'none',
      bands: 64,
      minHz: 125,
      maxHz: 7500,
      log: { kind: 'ln', eps: 0.01 },
      deltas: NO_DELTAS,
      normalise: { kind: 'none' },
    },
    source: 'Hershey et al. 2017; tensorflow/models research/audioset/vggish (mel_features.py, vggish_params.py)',
    exact: 'everything; the network then reads patches of 96 frames',
    inferred: 'nothing',
  },
  dcase2024: {
    config: {
      sampleRateHz: 32000,
      preEmphasis: 0,
      windowSamples: 3072,
      hopSamples: 500,
      fftLength: 4096,
      window: 'hann',
      center: 'reflect',
      spectrum: 'power',
      mel: 'htk',
      melNorm: 'none',
      bands: 256,
      minHz: 0,
      maxHz: 16000,
      log: { kind: 'ln', eps: 1e-5 },
      deltas: NO_DELTAS,
      normalise: { kind: 'none' },
    },
    source: 'CPJKU/dcase2024_task1_baseline (torchaudio MelSpectrogram)',
    exact: 'sample rate, FFT, window, hop, bands and ln(x + 1e-5)',
    inferred: "torchaudio's defaults for the rest: periodic Hann, HTK scale, power, reflect padding, 0 Hz to Nyquist",
  },
  'dcase2020-1b': {
    config: { ...DCASE_UTIL_MEL, sampleRateHz: 48000, windowSamples: 1920, hopSamples: 960, maxHz: 24000 },
    source: 'toni-heittola/dcase2020_task1_baseline (task1b.yaml), dcase_util MelExtractor',
    exact:
      "everything but the next: sample rate, periodic Hamming window of 40 ms, 20 ms hop, 2048-point FFT, magnitudes, 40 Slaney bands with librosa's area norm, ln(x + 2^-52)",
    inferred:
      'mono; no normalisation: the baseline normalises by statistics of the training set, and takes the first 500 of 501 frames',
  },
  dcase2022: {
    config: { ...DCASE_UTIL_MEL, sampleRateHz: 44100, windowSamples: 1764, hopSamples: 882, maxHz: 22050 },
    source:
      'marmoi/dcase2021_task1a_baseline (task1a.yaml), marmoi/dcase2022_task1_baseline (task1_features.yaml), dcase_util',
    exact:
      "everything but the next: sample rate, periodic Hamming window of 40 ms, 20 ms hop, 2048-point FFT, magnitudes, 40 Slaney bands with librosa's area norm, ln(x + 2^-52); 51 frames a second",
    inferred: 'no normalisation: the 2021 baseline normalises by statistics of the training set',
  },
  'cp-mobile': {
    config: { ...CP_JKU_MEL, bands: 256, maxHz: 16000 },
    source: 'fschmid56/cpjku_dcase23 (models/mel.py)',
    exact:
      'pre-emphasis 0.97, symmetric Hann window of 3072 in a 4096-point FFT, hop 500 at 32 kHz, 256 bands of the Kaldi mel bank, (ln(x + 1e-5) + 4.5)/5',
    inferred: '0 Hz to Nyquist: the code jitters both ends in training',
  },
  'tf-sepnet': {
    config: { ...CP_JKU_MEL, bands: 512, maxHz: 16000 },
    source: 'yqcai888/easy_dcase_task1 (util/spec_extractor.py, config/tfsepnet_train.yaml)',
    exact: 'everything: the front end of cp-mobile with 512 bands, 0 Hz to Nyquist',
    inferred: 'nothing',
  },
  'bc-resnet-asc': {
    config: {
      sampleRateHz: 16000,
      preEmphasis: 0,
      windowSamples: 2080,
      hopSamples: 480,
      fftLength: 4096,
      window: 'hann',
      center: 'reflect',
      spectrum: 'power',
      mel: 'htk',
      melNorm: 'none',
      bands: 256,
      minHz: 0,
      maxHz: 8000,
      log: { kind: 'ln', eps: 1e-5 },
      deltas: NO_DELTAS,
      normalise: { kind: 'none' },
    },
    source: 'Kim, Yang, Kim, Chang 2021 (arXiv 2111.06531)',
    exact: 'nothing: the full text was not at hand',
    inferred:
      '16 kHz, 256 log-mel bands, 130 ms windows every 30 ms, as the system is usually described; Hann window, 4096-point FFT, HTK scale, ln(x + 1e-5)',
  },
};

/** Every front end there is, by name. */
export const PRESET_NAMES: readonly PresetName[] = Object.keys(PRESETS) as PresetName[];

/** Whether `name` is a preset's. */
export function isPresetName(name: string): name is PresetName {
  return Object.hasOwn(PRESETS, name);
}

/** The preset `name`, with its source. */
export function frontEndPreset(name: PresetName): FrontEndPreset {
  return PRESETS[name];
}
