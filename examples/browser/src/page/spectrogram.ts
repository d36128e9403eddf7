import type { FrontEndConfig } from '@asc/core';
import { createStream, type FrontEndStream } from '@asc/features';
import { colourTable } from './colour-map.js';

/** Columns of the picture at most: a browser draws no canvas of tens of thousands. */
const MOST_COLUMNS = 2000;
/** Decibels from the loudest point to black. */
const RANGE_DB = 80;

/** The classifier's own windows and mel bands, in plain decibels and at the rate of the sound. */
export function pictureConfig(config: FrontEndConfig, sampleRateHz: number): FrontEndConfig {
  return {
    ...config,
    sampleRateHz,
    maxHz: Math.min(config.maxHz, sampleRateHz / 2),
    log: { kind: 'db', amin: 1e-10, topDb: null },
    deltas: { ...config.deltas, order: 0 },
    normalise: { kind: 'none' },
  };
}

/** The spectrogram of the last seconds heard, drawn as it comes. */
export class Spectrogram {
  readonly #canvas: HTMLCanvasElement;
  readonly #stream: FrontEndStream;
  readonly #framesPerSecond: number;
  readonly #colours = colourTable();
  #frames: Float32Array[] = [];
  /** The loudest band of each. */
  #peaks: number[] = [];
  /** Frames that were heard and are no longer kept. */
  #forgotten = 0;

  constructor(canvas: HTMLCanvasElement, config: FrontEndConfig, sampleRateHz: number) {
    this.#canvas = canvas;
    this.#stream = createStream(pictureConfig(config, sampleRateHz));
    this.#framesPerSecond = sampleRateHz / config.hopSamples;
  }

  /** Takes the next samples; frames before `keepSeconds` ago are forgotten. */
  push(samples: Float32Array, keepSeconds: number): void {
    this.#keep(this.#stream.push(samples));
    const excess = this.#frames.length - Math.ceil(keepSeconds * this.#framesPerSecond);
    if (excess <= 0) return;
    this.#frames.splice(0, excess);
    this.#peaks.splice(0, excess);
    this.#forgotten += excess;
  }

  /** Takes the frames that waited for more sound. */
  finish(): void {
    // A front end refuses to end a clip too short for a frame.
    if (this.#frames.length > 0) this.#keep(this.#stream.flush());
  }

  #keep(frames: readonly Float32Array[]): void {
    for (const frame of frames) {
      this.#frames.push(frame);
      this.#peaks.push(frame.reduce((peak, x) => Math.max(peak, x), -Infinity));
    }
  }

  /** Draws the seconds from `from` to `to` over the whole canvas. */
  draw(from: number, to: number): void {
    const context = this.#canvas.getContext('2d');
    const { bands } = this.#stream;
    const frames = (to - from) * this.#framesPerSecond;
    const columns = Math.min(MOST_COLUMNS, Math.max(1, Math.round(frames)));
    if (context === null) return;
    // At most one column a frame, one row a band; the page stretches it.
    if (this.#canvas.width !== columns || this.#canvas.height !== bands) {
      this.#canvas.width = columns;
      this.#canvas.height = bands;
    }
    const first = from * this.#framesPerSecond - this.#forgotten;
    const loudest = this.#peaks.reduce((peak, x) => Math.max(peak, x), -Infinity);
    const image = context.createImageData(columns, bands);
    for (let column = 0; column < columns; column += 1) {
      const frame = this.#frames[Math.round(first + (column * frames) / columns)];
      if (frame !== undefined) this.#paint(image, column, frame, loudest);
    }
    context.putImageData(image, 0, 0);
  }

  #paint(image: ImageData, column: number, frame: Float32Array, loudest: number): void {
    for (let band = 0; band < frame.length; band += 1) {
      const level = Math.max(0, Math.round(255 * (1 - (loudest - frame[band]!) / RANGE_DB)));
      const at = 4 * ((frame.length - 1 - band) * image.width + column);
      image.data.set(this.#colours.subarray(level * 3, level * 3 + 3), at);
      image.data[at + 3] = 255;
    }
  }
}
