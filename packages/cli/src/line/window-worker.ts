import { createRng, type FeatureMap, type FrontEndConfig, type StereoPolicy, type Waveform } from '@asc/core';
import {
  codeAudio,
  probeAudio,
  readAudio,
  readChannels,
  transferred,
  type CodeAudioOptions,
  type ReadAudioOptions,
  type Transferred,
} from '@asc/data';
import { frontEnd, type FrontEnd } from '@asc/features';
import { fitToWindow, isLonger, windowsToCover, windowStarts } from '@asc/runtime';
import { augmentWindow, clipBinScales, DeviceShelf } from './augment-window.js';
import { drawnChannel } from './drawn-channel.js';
import type { TrainingClip, WindowAugmentation } from './window-augmentation.js';

// Runs in the threads of a worker pool: decoding, resampling and features, away from the thread that trains.

/** Which windows of a recording are wanted. */
export type Placement =
  /** So many, spread evenly. */
  | { readonly kind: 'spread'; readonly crops: number }
  /** As many as it takes to hear all of it, at most so many. */
  | { readonly kind: 'cover'; readonly most: number }
  /** One, this far (0 … 1) between the first and the last possible start. */
  | { readonly kind: 'at'; readonly share: number }
  /** Several such. */
  | { readonly kind: 'places'; readonly shares: readonly number[] };

/** A recording to be cut into windows of one length at one rate. */
export interface WindowRequest {
  readonly path: string;
  readonly sampleRateHz: number;
  readonly windowSamples: number;
  /**
   * Of `both`, placements that are drawn (`at`, `places`) hear the channel their draw names in each window; the others hear every
   * channel, window by window.
   */
  readonly stereo: StereoPolicy | undefined;
  readonly placement: Placement;
}

export interface FeatureRequest extends WindowRequest {
  readonly frontEnd: FrontEndConfig;
}

/** Training clips of one epoch to be augmented, one window each. */
export interface AugmentedRequest {
  readonly clips: readonly TrainingClip[];
  readonly windowSamples: number;
  readonly stereo: StereoPolicy | undefined;
  readonly frontEnd: FrontEndConfig;
  readonly augment: WindowAugmentation;
  /** The draws of a clip are named by seed, epoch, the clip's id and which of its copies it is. */
  readonly seed: number;
  readonly epoch: number;
}

/** One value, with its tables and scratch memory, for as long as the same is asked for. */
class Kept<T> {
  #key: string | undefined;
  #value: T | undefined;

  get(key: string, make: () => T): T {
    if (this.#value === undefined || this.#key !== key) {
      this.#value = make();
      this.#key = key;
    }
    return this.#value;
  }
}

// The thread is their owner: a worker's tasks share nothing else.
const keptFrontEnd = new Kept<FrontEnd>();
const keptShelf = new Kept<DeviceShelf>();

function frontEndOf(config: FrontEndConfig): FrontEnd {
  return keptFrontEnd.get(JSON.stringify(config), () => frontEnd(config));
}

/** The windows of a recording, at its own rate or the one given. */
async function readWindows(request: WindowRequest, rate: Pick<ReadAudioOptions, 'sampleRateHz'>): Promise<Waveform[]> {
  const { path, sampleRateHz, windowSamples, placement, stereo = 'mean' } = request;
  const info = await probeAudio(path);
  const ownWindow = Math.round((windowSamples * info.sampleRateHz) / sampleRateHz);
  const starts = isLonger(info.samples, ownWindow) ? startsOf(info.samples, ownWindow, placement) : [undefined];
  const windows: Waveform[] = [];
  const read = async (startSamples: number | undefined): Promise<readonly Waveform[]> => {
    // Read window by window: memory is that of the windows, however long the recording.
    const range = startSamples === undefined ? {} : { range: { startSamples, lengthSamples: ownWindow } };
    if (stereo === 'both') return readChannels(path, { ...rate, ...range });
    return [await readAudio(path, { mono: stereo, ...rate, ...range })];
  };
  const shares = stereo === 'both' ? drawnShares(placement) : undefined;
  if (shares === undefined) {
    for (const start of starts) windows.push(...(await read(start)));
    return windows;
  }
  let channels: readonly Waveform[] = [];
  for (const [i, share] of shares.entries()) {
    // A recording that fits the window is read once.
    if (i < starts.length) channels = await read(starts[i]);
    windows.push(channels[drawnChannel(share, channels.length)] as Waveform);
  }
  return windows;
}

/** The windows of a recording at the rate asked for, of exactly the length asked for. */
async function fittedWindows(request: WindowRequest): Promise<Float32Array<ArrayBuffer>[]> {
  const { sampleRateHz, windowSamples } = request;
  const windows = await readWindows(request, { sampleRateHz });
  return windows.map(({ samples }) => fitToWindow(samples, windowSamples) as Float32Array<ArrayBuffer>);
}

/** The draws of a placement that is drawn. */
function drawnShares(placement: Placement): readonly number[] | undefined {
  if (placement.kind === 'places') return placement.shares;
  return placement.kind === 'at' ? [placement.share] : undefined;
}

function startsOf(samples: number, windowSamples: number, placement: Placement): number[] {
  switch (placement.kind) {
    case 'spread':
      return windowStarts(samples, windowSamples, placement.crops);
    case 'cover':
      return windowStarts(samples, windowSamples, windowsToCover(samples, windowSamples, placement.most));
    case 'at':
      return [Math.round(placement.share * (samples - windowSamples))];
    case 'places':
      return placement.shares.map((share) => Math.round(share * (samples - windowSamples)));
  }
}

/** The windows of a recording as they lie in it, at its own rate: about the length asked for. */
export async function ownWindows(request: WindowRequest): Promise<Transferred<Waveform[]>> {
  const windows = await readWindows(request, {});
  return transferred(
    windows,
    windows.map(({ samples }) => samples.buffer as ArrayBuffer),
  );
}

/** The windows of a recording, (S) each. */
export async function sampleWindows(request: WindowRequest): Promise<Transferred<Float32Array[]>> {
  const windows = await fittedWindows(request);
  // A channel drawn twice is one array.
  return transferred(windows, [...new Set(windows.map((window) => window.buffer))]);
}

/** The feature maps of a recording's windows, (F, T, C) each. */
export async function featureWindows(request: FeatureRequest): Promise<Transferred<FeatureMap[]>> {
  const ends = frontEndOf(request.frontEnd);
  const maps = (await fittedWindows(request)).map((window) => ends.compute(window));
  return transferred(
    maps,
    maps.map((map) => map.data.buffer as ArrayBuffer),
  );
}

/** Codes a recording by ffmpeg, unless that was done before: the path of the result. */
export async function codeRecording(request: CodeAudioOptions & { readonly path: string }): Promise<string> {
  const { path, ...options } = request;
  return codeAudio(path, options);
}

/** The feature maps (F, T, C) of training clips, each augmented by its own draws. */
export async function augmentedMaps(request: AugmentedRequest): Promise<Transferred<FeatureMap[]>> {
  const { clips, windowSamples, stereo, augment, seed, epoch } = request;
  const ends = frontEndOf(request.frontEnd);
  const { sampleRateHz } = request.frontEnd;
  const { files, maxSeconds } = augment.impulseResponse;
  const shelf = keptShelf.get(JSON.stringify([sampleRateHz, files]), () => new DeviceShelf(sampleRateHz, maxSeconds));
  const maps: FeatureMap[] = [];
  for (const clip of clips) {
    const rng = createRng(seed).split('augment', 'epoch', epoch, 'clip', clip.id, clip.copy);
    const read = (path: string, samples: number) =>
      readPart(path, { share: clip.share, stereo, sampleRateHz, samples });
    const window = await augmentWindow(clip, augment, { read, sampleRateHz, windowSamples, shelf, rng });
    const binScales = clipBinScales(augment, ends.bins, rng);
    maps.push(ends.compute(window, binScales === undefined ? {} : { binScales }));
  }
  return transferred(
    maps,
    maps.map((map) => map.data.buffer as ArrayBuffer),
  );
}

/** About so many samples of a recording from its `share` on, or all of it. */
async function readPart(
  path: string,
  part: {
    readonly share: number;
    readonly stereo: StereoPolicy | undefined;
    readonly sampleRateHz: number;
    readonly samples: number;
  },
): Promise<Float32Array> {
  const { share, stereo = 'mean', sampleRateHz, samples } = part;
  const info = await probeAudio(path);
  const mono = stereo === 'both' ? drawnChannel(share, info.channels) : stereo;
  const lengthSamples = Math.ceil((samples * info.sampleRateHz) / sampleRateHz);
  if (!isLonger(info.samples, lengthSamples)) return (await readAudio(path, { mono, sampleRateHz })).samples;
  const range = { startSamples: Math.round(share * (info.samples - lengthSamples)), lengthSamples };
  return (await readAudio(path, { mono, sampleRateHz, range })).samples;
}
