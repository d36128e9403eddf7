import type { ModelCard } from '@asc/core';
import type { Classification, SceneDecision } from '@asc/runtime';
import { AnswerView } from './answer-view.js';
import { drawTimeline } from './draw-timeline.js';
import { byId, element } from './elements.js';
import { clockTime, mergeRuns, percent, readable, tickSeconds, type Moment } from './runs.js';
import { Spectrogram } from './spectrogram.js';

/** Seconds a live view shows, and the least a recording's view shows. */
const LIVE_SECONDS = 20;
/** Moments kept of a long listening: hours, in a list that stays readable. */
const MOST_MOMENTS = 5000;
const SHOWN_RUNS = 100;

/** Draws one hearing, of a microphone or a recording: spectrogram, timeline, answer and list. */
export class HearingView {
  readonly #spectrogram: Spectrogram;
  readonly #answer = new AnswerView();
  readonly #scenes: readonly string[];
  readonly #rateHz: number;
  /** Length of a recording; absent for a microphone, whose view moves on. */
  readonly #seconds: number | undefined;
  #moments: Moment[] = [];
  #heardSamples = 0;
  #decidedSeconds = 0;
  #drawing: number | undefined;

  constructor(card: ModelCard, rateHz: number, seconds?: number) {
    this.#spectrogram = new Spectrogram(byId<HTMLCanvasElement>('spectrogram'), card.frontEnd, rateHz);
    this.#scenes = card.labels.scenes;
    this.#rateHz = rateHz;
    this.#seconds = seconds;
    this.#answer.clear('Listening…');
    byId('runs').replaceChildren();
    byId('speed').textContent = '';
    this.#drawSoon();
  }

  /** Samples that were heard. */
  hear(samples: Float32Array): void {
    this.#heardSamples += samples.length;
    this.#spectrogram.push(samples, Math.max(this.#seconds ?? 0, LIVE_SECONDS));
    this.#drawSoon();
  }

  /** What the classifier says of the sound up to a moment; silence leaves a gap. */
  decide({ atSeconds, probabilities, silent }: SceneDecision): void {
    const from = this.#decidedSeconds;
    this.#decidedSeconds = atSeconds;
    this.#show(probabilities, silent);
    if (!silent) {
      const confidence = Math.max(...probabilities);
      this.#moments.push({ from, to: atSeconds, scene: probabilities.indexOf(confidence), confidence });
      if (this.#moments.length > MOST_MOMENTS) this.#moments.shift();
    }
    this.#drawSoon();
  }

  /** The recording is over: the answer for it as a whole, and how long the model took for a window of it. */
  conclude({ probabilities, silent, windows }: Classification, millisecondsPerWindow: number): void {
    byId('speed').textContent = `As a whole: ${windows} windows judged, ${millisecondsPerWindow.toFixed(1)} ms each.`;
    this.#spectrogram.finish();
    this.#drawSoon();
    this.#show(probabilities, silent);
  }

  #show(probabilities: readonly number[], silent: boolean): void {
    if (silent) this.#answer.clear('Silence');
    else this.#answer.show(this.#scenes, probabilities);
  }

  /** Leaves the page to another view. */
  close(): void {
    if (this.#drawing !== undefined) cancelAnimationFrame(this.#drawing);
  }

  /** Draws again, e.g. after the window changed its size. */
  refresh(): void {
    this.#drawSoon();
  }

  #drawSoon(): void {
    if (this.#drawing !== undefined) return;
    this.#drawing = requestAnimationFrame(() => {
      this.#drawing = undefined;
      this.#draw();
    });
  }

  #draw(): void {
    const heard = this.#heardSamples / this.#rateHz;
    const length = this.#seconds ?? LIVE_SECONDS;
    const to = this.#seconds ?? Math.max(heard, LIVE_SECONDS);
    const from = to - length;
    this.#spectrogram.draw(from, to);
    drawTimeline(byId<HTMLCanvasElement>('timeline'), this.#moments, { from, to, scenes: this.#scenes });
    const ticks = tickSeconds(from, to).map((seconds) => {
      const tick = element('span', clockTime(seconds));
      tick.style.setProperty('--at', `${((seconds - from) / length) * 100}%`);
      return tick;
    });
    byId('axis').replaceChildren(...ticks);
    this.#drawRuns();
  }

  #drawRuns(): void {
    const runs = mergeRuns(this.#moments).slice(-SHOWN_RUNS).toReversed();
    const rows = runs.map(({ from, to, scene, confidence }) => {
      const row = document.createElement('tr');
      const cells = [clockTime(from), clockTime(to), readable(this.#scenes[scene] ?? ''), percent(confidence)];
      row.append(...cells.map((text) => element('td', text)));
      return row;
    });
    byId('runs').replaceChildren(...rows);
  }
}
