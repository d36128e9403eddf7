import { checkFinite, checkKeys, checkPositiveInteger, UsageError, type ModelCard } from '@asc/core';
import { createStreamResampler, type StreamResampler } from '@asc/data/resample';
import { checkSamples } from './check-sound.js';
import { likeliest, meanOfWindows, type SceneProbability } from './classification.js';
import type { WorkerClient } from './worker-client.js';
import { WindowCutter, type CutWindow } from './window-cutter.js';

/** How a stream decides. */
export interface StreamOptions {
  /** Of the samples pushed; default: the model's own rate. */
  readonly sampleRateHz?: number;
  /** From one decision to the next; default 1. */
  readonly hopSeconds?: number;
  /** Windows whose posteriors a decision is the mean of, the newest and those before it; default 5; 1 does not smooth. */
  readonly average?: number;
  /** Scenes to tell; default 3. */
  readonly top?: number;
  /**
   * Where the model is slower than the sound: false (default) judges every window, and `push` settles late, which is the sign to
   * wait; true judges the newest window and skips those that came due meanwhile, for sound that cannot wait.
   */
  readonly live?: boolean;
}

/** What a stream says about the sound up to a moment. */
export interface SceneDecision {
  /** Where the newest window ends, from the start of the sound. */
  readonly atSeconds: number;
  /** The likeliest scenes, best first, by the smoothed posterior. */
  readonly top: readonly SceneProbability[];
  /** Mean posterior over `card.labels.scenes` of the last windows: (Y). */
  readonly probabilities: readonly number[];
  /** Posterior of the newest window alone: (Y). */
  readonly windowProbabilities: readonly number[];
  /** Nothing was to be heard in the newest window. */
  readonly silent: boolean;
  /** Windows skipped since the decision before this one; 0 unless `live`. */
  readonly skipped: number;
}

/** Sound that comes piece by piece, and the decisions it leads to. */
export interface SceneStream {
  readonly sampleRateHz: number;
  /** The first decision comes once this much was pushed, or with `flush`. */
  readonly windowSeconds: number;
  readonly hopSeconds: number;
  /**
   * Takes the next samples (S), any number of them, and gives the decisions they lead to, in order. The samples are the caller's
   * again at once. Await it before the next push, or open the stream as `live`.
   *
   * @throws UsageError for several channels, after `close`, and where more than a minute waits to be judged.
   * @throws DataError for NaN and infinite samples; none of the piece is then taken.
   */
  push(samples: Float32Array): Promise<readonly SceneDecision[]>;
  /**
   * Ends the sound: a last decision where samples came after the last one. A sound shorter than a window starts over until it
   * fills one. The stream is then ready for another sound.
   */
  flush(): Promise<readonly SceneDecision[]>;
  /** Ends the stream; what was pushed and not judged is dropped. Safe to call twice. */
  close(): void;
}

/** Sound that may wait to be judged. */
const MOST_WAITING_SECONDS = 60;

/** A window on its way to the model, in a live stream that is behind. */
interface LiveWindow {
  readonly window: CutWindow;
  /** Those that waited before it, and were skipped. */
  readonly skipped: number;
  readonly resolve: (decision: SceneDecision | PromiseLike<SceneDecision> | undefined) => void;
}

/** Opens a stream on a loaded model. @throws UsageError for wrong options. */
export function openStream(client: WorkerClient, card: ModelCard, options: StreamOptions): SceneStream {
  checkKeys('The options of stream', options, ['sampleRateHz', 'hopSeconds', 'average', 'top', 'live']);
  const { sampleRateHz = card.sampleRateHz, hopSeconds = 1, average = 5, top = 3, live = false } = options;
  checkFinite('hopSeconds', hopSeconds, { min: 1 / card.sampleRateHz });
  checkPositiveInteger('average', average);
  checkPositiveInteger('top', top);
  if (typeof live !== 'boolean') throw new UsageError({ what: 'live is not valid.', expected: 'true or false' });
  return new Stream(client, card, { sampleRateHz, hopSeconds, average, top, live });
}

class Stream implements SceneStream {
  readonly sampleRateHz: number;
  readonly windowSeconds: number;
  readonly hopSeconds: number;
  readonly #client: WorkerClient;
  readonly #card: ModelCard;
  readonly #settings: Required<StreamOptions>;
  readonly #resampler: StreamResampler;
  readonly #cutter: WindowCutter;
  /** Posteriors of the last windows. */
  #recent: (readonly number[])[] = [];
  #waitingSamples = 0;
  /** Settles when everything asked for so far is done. */
  #last: Promise<unknown> = Promise.resolve();
  #liveBusy = false;
  #liveNext: LiveWindow | undefined;
  #closed = false;

  constructor(client: WorkerClient, card: ModelCard, settings: Required<StreamOptions>) {
    const { sampleRateHz, clipSamples } = card;
    const hopSamples = Math.round(settings.hopSeconds * sampleRateHz);
    this.sampleRateHz = settings.sampleRateHz;
    this.windowSeconds = clipSamples / sampleRateHz;
    this.hopSeconds = hopSamples / sampleRateHz;
    this.#client = client;
    this.#card = card;
    this.#settings = settings;
    this.#resampler = createStreamResampler(settings.sampleRateHz, sampleRateHz);
    this.#cutter = new WindowCutter(clipSamples, hopSamples);
  }

  async push(samples: Float32Array): Promise<readonly SceneDecision[]> {
    this.#checkOpen();
    checkSamples('The samples pushed', samples);
    if (this.#settings.live) return this.#decideLive(this.#windowsOf(samples));
    this.#refuseFlood(samples.length);
    const own = samples.slice();
    this.#waitingSamples += own.length;
    return this.#inTurn(async () => {
      try {
        return await this.#decideAll(this.#windowsOf(own));
      } finally {
        this.#waitingSamples -= own.length;
      }
    });
  }

  async flush(): Promise<readonly SceneDecision[]> {
    this.#checkOpen();
    return this.#inTurn(async () => {
      const decisions = await this.#decideAll(this.#remainingWindows());
      this.#recent = [];
      return decisions;
    });
  }

  close(): void {
    this.#closed = true;
    this.#liveNext?.resolve(undefined);
    this.#liveNext = undefined;
  }

  /** Runs `work` after all that was asked for before it, whatever became of that. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** A second at a time: memory does not grow with the piece. */
  *#windowsOf(samples: Float32Array): Generator<CutWindow, void, undefined> {
    for (let at = 0; at < samples.length; at += this.sampleRateHz) {
      yield* this.#cutter.push(this.#resampler.push(samples.subarray(at, at + this.sampleRateHz)));
    }
  }

  *#remainingWindows(): Generator<CutWindow, void, undefined> {
    yield* this.#cutter.push(this.#resampler.flush());
    const rest = this.#cutter.flush();
    if (rest !== undefined) yield rest;
  }

  async #decideAll(windows: Iterable<CutWindow>): Promise<SceneDecision[]> {
    const decisions: SceneDecision[] = [];
    for (const window of windows) {
      // The cutter goes on to its end, so that its state stays right.
      if (!this.#closed) decisions.push(await this.#decide(window));
    }
    return decisions;
  }

  async #decideLive(windows: Iterable<CutWindow>): Promise<SceneDecision[]> {
    const asked = Array.from(windows, (window) => this.#decideOrSkip(window));
    const all = Promise.all(asked);
    this.#last = Promise.allSettled([this.#last, all]).then(() => undefined);
    return (await all).filter((decision) => decision !== undefined);
  }

  #decideOrSkip(window: CutWindow): Promise<SceneDecision | undefined> {
    if (!this.#liveBusy) return this.#decideNow(window, 0);
    const late = this.#liveNext;
    late?.resolve(undefined);
    const skipped = late === undefined ? 0 : late.skipped + 1;
    return new Promise((resolve) => (this.#liveNext = { window, skipped, resolve }));
  }

  async #decideNow(window: CutWindow, skipped: number): Promise<SceneDecision> {
    this.#liveBusy = true;
    try {
      return await this.#decide(window, skipped);
    } finally {
      this.#liveBusy = false;
      const next = this.#liveNext;
      this.#liveNext = undefined;
      next?.resolve(this.#decideNow(next.window, next.skipped));
    }
  }

  async #decide({ samples, end }: CutWindow, skipped = 0): Promise<SceneDecision> {
    const { sampleRateHz, labels } = this.#card;
    const [judged] = await this.#client.judge([{ samples, sampleRateHz }]);
    const { probabilities: windowProbabilities = [], silent = false } = judged ?? {};
    const { average, top } = this.#settings;
    this.#recent = [...this.#recent, windowProbabilities].slice(-average);
    const probabilities = meanOfWindows(this.#recent, this.#card);
    return {
      atSeconds: end / sampleRateHz,
      top: likeliest(labels.scenes, probabilities, top),
      probabilities,
      windowProbabilities,
      silent,
      skipped,
    };
  }

  #checkOpen(): void {
    if (this.#closed) throw new UsageError({ what: 'This stream was closed.', hint: 'Open another with stream().' });
  }

  #refuseFlood(samples: number): void {
    const most = MOST_WAITING_SECONDS * this.sampleRateHz;
    if (this.#waitingSamples === 0 || this.#waitingSamples + samples <= most) return;
    throw new UsageError({
      what: 'Sound is pushed faster than it is judged.',
      expected: `at most ${MOST_WAITING_SECONDS} s waiting`,
      received: `${((this.#waitingSamples + samples) / this.sampleRateHz).toFixed(1)} s`,
      hint: 'Await every push, or open the stream with live: true, which skips windows instead.',
    });
  }
}
