import type { FeatureMap, FrontEndConfig } from '@asc/core';
import { probeAudio, readAudio, transferred, type Transferred } from '@asc/data';
import { frontEnd, type FrontEnd } from '@asc/features';
import { fitToWindow, isLonger, windowsToCover, windowStarts } from './window.js';

// Runs in the threads of a worker pool: decoding, resampling and features, away from the thread that trains.

/** Which windows of a recording are wanted. */
export type Placement =
  /** So many, spread evenly. */
  | { readonly kind: 'spread'; readonly crops: number }
  /** As many as it takes to hear all of it, at most so many. */
  | { readonly kind: 'cover'; readonly most: number }
  /** One, this far (0 … 1) between the first and the last possible start. */
  | { readonly kind: 'at'; readonly share: number };

/** A recording to be cut into windows of one length at one rate. */
export interface WindowRequest {
  readonly path: string;
  readonly sampleRateHz: number;
  readonly windowSamples: number;
  readonly placement: Placement;
}

export interface FeatureRequest extends WindowRequest {
  readonly frontEnd: FrontEndConfig;
}

/**
 * A thread's front end, with its tables and scratch memory, for as long as the same one is asked for. The thread is its
 * owner: a worker's tasks share nothing else.
 */
const held: { key: string; frontEnd: FrontEnd | undefined } = { key: '', frontEnd: undefined };

function frontEndOf(config: FrontEndConfig): FrontEnd {
  const key = JSON.stringify(config);
  if (held.frontEnd === undefined || held.key !== key) {
    held.frontEnd = frontEnd(config);
    held.key = key;
  }
  return held.frontEnd;
}

async function readWindows(request: WindowRequest): Promise<Float32Array<ArrayBuffer>[]> {
  const { path, sampleRateHz, windowSamples } = request;
  const info = await probeAudio(path);
  const ownWindow = Math.round((windowSamples * info.sampleRateHz) / sampleRateHz);
  const fit = (samples: Float32Array) => fitToWindow(samples, windowSamples) as Float32Array<ArrayBuffer>;
  if (!isLonger(info.samples, ownWindow)) return [fit((await readAudio(path, { sampleRateHz })).samples)];
  const windows: Float32Array<ArrayBuffer>[] = [];
  for (const startSamples of startsOf(info.samples, ownWindow, request.placement)) {
    // Read window by window: memory is that of the windows, however long the recording.
    const range = { startSamples, lengthSamples: ownWindow };
    windows.push(fit((await readAudio(path, { sampleRateHz, range })).samples));
  }
  return windows;
}

function startsOf(samples: number, windowSamples: number, placement: Placement): number[] {
  switch (placement.kind) {
    case 'spread':
      return windowStarts(samples, windowSamples, placement.crops);
    case 'cover':
      return windowStarts(samples, windowSamples, windowsToCover(samples, windowSamples, placement.most));
    case 'at':
      return [Math.round(placement.share * (samples - windowSamples))];
  }
}

/** The windows of a recording, (S) each. */
export async function sampleWindows(request: WindowRequest): Promise<Transferred<Float32Array[]>> {
  const windows = await readWindows(request);
  return transferred(
    windows,
    windows.map((window) => window.buffer),
  );
}

/** The feature maps of a recording's windows, (F, T, C) each. */
export async function featureWindows(request: FeatureRequest): Promise<Transferred<FeatureMap[]>> {
  const ends = frontEndOf(request.frontEnd);
  const maps = (await readWindows(request)).map((window) => ends.compute(window));
  return transferred(
    maps,
    maps.map((map) => map.data.buffer as ArrayBuffer),
  );
}
