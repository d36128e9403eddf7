import type { FeatureMap, FrontEndConfig, ModelCard, Waveform } from '@asc/core';
import { createResampler, type Resampler } from '@asc/data/resample';
import { frontEnd, type FrontEnd } from '@asc/features';
import { isSilent } from './is-silent.js';
import { MapJudge, type GraphRunner } from './map-judge.js';
import { fitToWindow } from './window.js';

/** What a model says about one window. */
export interface JudgedWindow {
  /** Posterior over the card's scenes: (Y). */
  readonly probabilities: readonly number[];
  /** Nothing was to be heard in it. */
  readonly silent: boolean;
}

/** Hears windows of samples and judges them; lives in the worker. */
export class WindowJudge {
  readonly #judge: MapJudge;
  readonly #first: WindowEar;
  readonly #second: WindowEar | undefined;

  /** @throws DataError where the graph is not that of a scene classifier. @throws UsageError for an impossible front end. */
  constructor(runner: GraphRunner, card: ModelCard) {
    this.#judge = new MapJudge(runner, card);
    const { input, sampleRateHz, clipSamples, frontEnd: ends, patches } = card;
    this.#first =
      input === 'waveform'
        ? new WindowEar(sampleRateHz, clipSamples)
        : new WindowEar(ends.sampleRateHz, clipSamples, ends);
    this.#second = patches && new WindowEar(patches.frontEnd.sampleRateHz, patches.clipSamples, patches.frontEnd);
  }

  /** The posterior of every window, in order. A window is a stretch of about the model's length at any rate. */
  async judge(windows: readonly Waveform[]): Promise<JudgedWindow[]> {
    const first = windows.map((window) => this.#first.hear(window));
    const second = this.#second && windows.map((window) => this.#second?.hear(window) as FeatureMap);
    const rows = await this.#judge.posteriors(this.#judge.feeds({ first, second }));
    return rows.map((probabilities, i) => ({ probabilities, silent: isSilent(first[i] as FeatureMap) }));
  }
}

/** One input's way to hear a window: at its rate, of its length, through its front end if it has one. */
class WindowEar {
  readonly #sampleRateHz: number;
  readonly #windowSamples: number;
  readonly #ends: FrontEnd | undefined;
  /** For the rate that came last. */
  #resampler: Resampler | undefined;

  constructor(sampleRateHz: number, windowSamples: number, config?: FrontEndConfig) {
    this.#sampleRateHz = sampleRateHz;
    this.#windowSamples = windowSamples;
    this.#ends = config && frontEnd(config);
  }

  hear(window: Waveform): FeatureMap {
    const samples = fitToWindow(this.#atOwnRate(window), this.#windowSamples);
    return this.#ends?.compute(samples) ?? { data: samples, bands: 1, frames: samples.length, channels: 1 };
  }

  #atOwnRate({ samples, sampleRateHz }: Waveform): Float32Array {
    if (sampleRateHz === this.#sampleRateHz) return samples;
    if (this.#resampler?.fromHz !== sampleRateHz) {
      this.#resampler = createResampler(sampleRateHz, this.#sampleRateHz);
    }
    return this.#resampler.process(samples);
  }
}
