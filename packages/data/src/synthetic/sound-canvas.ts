import type { Rng } from '@asc/core';

/** Samples between two evaluations of a pitch or loudness curve; linear in between. */
const CONTROL_SAMPLES = 32;
const TABLE_SIZE = 2048;

/** One period of a harmonic sound, plus its first sample again for interpolation. */
export type Wavetable = Float32Array;

/** One period with the given strengths of harmonics 1, 2, …, at unit RMS. */
export function wavetable(strengths: readonly number[]): Wavetable {
  const table = new Float32Array(TABLE_SIZE + 1);
  strengths.forEach((strength, i) => {
    // Phases that grow with the square of the order keep the peak low.
    const phase = (Math.PI * i * i) / strengths.length;
    const step = (2 * Math.PI * (i + 1)) / TABLE_SIZE;
    for (let k = 0; k <= TABLE_SIZE; k++) table[k] = (table[k] as number) + strength * Math.sin(step * k + phase);
  });
  const rms = Math.sqrt(strengths.reduce((sum, strength) => sum + strength * strength, 0) / 2);
  if (rms > 0) for (let k = 0; k <= TABLE_SIZE; k++) table[k] = (table[k] as number) / rms;
  return table;
}

/** A sound event: when it starts (may be before the canvas), how long it lasts, and its loudness along 0 … 1 of itself. */
export interface SoundEvent {
  readonly startSeconds: number;
  readonly seconds: number;
  readonly loudness: (progress: number) => number;
  /** Pitch of a tone, or centre of a noise band, along 0 … 1 of the event. */
  readonly hz: (progress: number) => number;
}

/** Sound under construction: events are added to `samples`; parts outside are cut off. */
export class SoundCanvas {
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
  readonly #noise: Float32Array;

  /** An empty canvas; `rng` gives the white noise that noise events are cut from. */
  constructor(samples: number, sampleRateHz: number, rng: Rng) {
    this.samples = new Float32Array(samples);
    this.sampleRateHz = sampleRateHz;
    // A power of two, so that reading can wrap with a mask; a short canvas needs no long table.
    const bits = Math.min(16, Math.max(10, Math.ceil(Math.log2(samples))));
    this.#noise = rng.fillUniform(new Float32Array(2 ** bits));
    for (let i = 0; i < this.#noise.length; i++) this.#noise[i] = 2 * (this.#noise[i] as number) - 1;
  }

  get seconds(): number {
    return this.samples.length / this.sampleRateHz;
  }

  /** Adds a tone of the table's timbre. Pitches are held below a quarter of the sample rate. */
  tone(event: SoundEvent, table: Wavetable): void {
    const perHz = TABLE_SIZE / this.sampleRateHz;
    const limit = TABLE_SIZE / 4;
    let phase = 0;
    this.#paint(event, (from, to, loud, loudStep, hz, hzStep) => {
      const out = this.samples;
      for (let i = from, k = 0; i < to; i++, k++) {
        phase += Math.min(limit, perHz * (hz + k * hzStep));
        if (phase >= TABLE_SIZE) phase -= TABLE_SIZE;
        const at = phase | 0;
        const low = table[at] as number;
        const value = low + (phase - at) * ((table[at + 1] as number) - low);
        if (i >= 0) out[i] = (out[i] as number) + (loud + k * loudStep) * value;
      }
    });
  }

  /**
   * Adds a band of noise of relative width 1/`q` around the event's moving centre (a two-pole state variable filter);
   * `offset` in [0, 1) chooses the piece of noise.
   */
  noise(event: SoundEvent, q: number, offset: number): void {
    const mask = this.#noise.length - 1;
    let read = Math.floor(offset * this.#noise.length);
    let low = 0;
    let band = 0;
    const damping = 1 / q;
    this.#paint(event, (from, to, loud, loudStep, hz) => {
      const out = this.samples;
      const g = Math.tan(Math.PI * Math.min(0.4, hz / this.sampleRateHz));
      const a1 = 1 / (1 + g * (g + damping));
      // Gain that keeps the loudness when the band gets narrow or low.
      const level = damping / Math.sqrt(g);
      for (let i = from, k = 0; i < to; i++, k++) {
        const input = this.#noise[read++ & mask] as number;
        const v1 = a1 * (band + g * (input - low));
        const v2 = low + g * v1;
        band = 2 * v1 - band;
        low = 2 * v2 - low;
        if (i >= 0) out[i] = (out[i] as number) + (loud + k * loudStep) * level * v1;
      }
    });
  }

  /** Walks over an event in control steps, skipping whole steps before the canvas and stopping at its end. */
  #paint(
    event: SoundEvent,
    step: (from: number, to: number, loud: number, loudStep: number, hz: number, hzStep: number) => void,
  ): void {
    const start = Math.round(event.startSeconds * this.sampleRateHz);
    const length = Math.max(1, Math.round(event.seconds * this.sampleRateHz));
    const end = Math.min(start + length, this.samples.length);
    const skipped = start < 0 ? Math.floor(-start / CONTROL_SAMPLES) * CONTROL_SAMPLES : 0;
    let loud = event.loudness(skipped / length);
    let hz = event.hz(skipped / length);
    for (let from = start + skipped; from < end; from += CONTROL_SAMPLES) {
      const to = Math.min(from + CONTROL_SAMPLES, end);
      const progress = Math.min(1, (from + CONTROL_SAMPLES - start) / length);
      const nextLoud = event.loudness(progress);
      const nextHz = event.hz(progress);
      step(from, to, loud, (nextLoud - loud) / CONTROL_SAMPLES, hz, (nextHz - hz) / CONTROL_SAMPLES);
      loud = nextLoud;
      hz = nextHz;
    }
  }
}
