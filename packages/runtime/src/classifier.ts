import type { ModelCard, Waveform } from '@asc/core';
import type { Classification } from './classification.js';
import type { SceneStream, StreamOptions } from './scene-stream.js';

/** How a sound is classified. */
export interface ClassifyOptions {
  /** Scenes to tell; default 3. */
  readonly top?: number;
  /** Aborting stops between two batches of windows; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A loaded model, in a worker of its own. */
export interface Classifier {
  /** What the model knows about itself: labels, sample rate, length of a window, front end. */
  readonly card: ModelCard;
  /**
   * The posterior over a sound (S) of any length at any rate: the mean over windows that cover it, at most 32, spread evenly; a
   * sound shorter than a window starts over until it fills one. The sound is left as it is.
   *
   * @throws UsageError for several channels, a rate that is no whole number, or after `close`.
   * @throws DataError for an empty sound, and for NaN and infinite samples.
   */
  classify(sound: Waveform, options?: ClassifyOptions): Promise<Classification>;
  /**
   * The same over windows cut by the caller, each a sound of about the model's length; what `classify` does once it has cut them.
   *
   * @throws UsageError, DataError as `classify`; UsageError for no windows.
   */
  classifyWindows(windows: readonly Waveform[], options?: ClassifyOptions): Promise<Classification>;
  /** A stream for sound that comes piece by piece. Any number of them can be open at once. @throws UsageError for wrong options. */
  stream(options?: StreamOptions): SceneStream;
  /** Ends the worker; calls in flight reject. Safe to call twice. */
  close(): Promise<void>;
}
