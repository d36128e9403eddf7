import {
  binScales,
  changeTempo,
  deviceSimulator,
  randomGain,
  simulateMp3,
  timeRoll,
  type DeviceSimulator,
} from '@asc/augment';
import { AscError, DataError, type Rng } from '@asc/core';
import { codeAudio, readAudio } from '@asc/data';
import { fitToWindow } from '@asc/runtime';
import type { CodecAugmentation, TrainingClip, WindowAugmentation } from './window-augmentation.js';

/** Reads so many samples of a recording, at the front end's rate, from the clip's place on; all of one that is shorter. */
export type ReadSamples = (path: string, samples: number) => Promise<Float32Array>;

/** What a thread keeps between clips: the impulse responses it has read, by file, and its convolution. */
export class DeviceShelf {
  readonly #responses = new Map<string, Float32Array>();
  readonly #sampleRateHz: number;
  readonly #simulator: DeviceSimulator;

  constructor(sampleRateHz: number, maxSeconds: number) {
    this.#sampleRateHz = sampleRateHz;
    this.#simulator = deviceSimulator(Math.ceil(maxSeconds * sampleRateHz) + 1);
  }

  /** @throws DataError naming the response that cannot be read or used. */
  async apply(samples: Float32Array, file: string): Promise<Float32Array> {
    const response = this.#responses.get(file) ?? (await readAudio(file, { sampleRateHz: this.#sampleRateHz })).samples;
    this.#responses.set(file, response);
    try {
      return this.#simulator.apply(samples, response);
    } catch (cause) {
      if (!(cause instanceof AscError)) throw cause;
      throw new DataError({ ...cause.parts, what: `${file}: ${cause.parts.what}` }, { cause });
    }
  }
}

/**
 * One window (S) of a training clip, augmented: codec, tempo, device, gain, roll, in this order, each drawn from a stream of its
 * own.
 */
export async function augmentWindow(
  clip: TrainingClip,
  config: WindowAugmentation,
  options: {
    readonly read: ReadSamples;
    readonly sampleRateHz: number;
    readonly windowSamples: number;
    readonly shelf: DeviceShelf;
    readonly rng: Rng;
  },
): Promise<Float32Array> {
  const { read, sampleRateHz, windowSamples, shelf, rng } = options;
  const { tempo, impulseResponse, gain, waveformRoll } = config;
  const factor = chosen(tempo.probability, tempo.factors, rng.split('tempo')) ?? 1;
  // One sample to spare: lengths are rounded twice, by the rate and by the tempo.
  const sourceSamples = factor === 1 ? windowSamples : Math.ceil(windowSamples * factor) + 1;
  const source = await readCoded(clip.path, config.codec, {
    sampleRateHz,
    rng,
    read: (path) => read(path, sourceSamples),
  });
  let samples = fitToWindow(factor === 1 ? source : changeTempo(source, { sampleRateHz, factor }), windowSamples);
  const { devices } = impulseResponse;
  if (devices.length === 0 || (clip.device !== undefined && devices.includes(clip.device))) {
    const file = chosen(impulseResponse.probability, impulseResponse.files, rng.split('device'));
    if (file !== undefined) samples = await shelf.apply(samples, file);
  }
  if (gain.maxDb > 0) samples = randomGain(samples, gain.maxDb, rng.split('gain'));
  const maxShift = Math.round(waveformRoll.maxSeconds * sampleRateHz);
  return maxShift > 0 ? timeRoll(samples, rng.split('roll'), maxShift) : samples;
}

/** Part of a recording, through a codec where the draw says so. */
async function readCoded(
  path: string,
  codec: CodecAugmentation,
  options: { readonly sampleRateHz: number; readonly rng: Rng; readonly read: (path: string) => Promise<Float32Array> },
): Promise<Float32Array> {
  const { sampleRateHz, read } = options;
  const rng = options.rng.split('codec');
  if (codec.kind === 'ffmpeg') {
    const setting = chosen(codec.probability, codec.settings, rng);
    return read(setting === undefined ? path : await codeAudio(path, { ...setting, folder: codec.folder }));
  }
  const kbps = chosen(codec.probability, codec.kbps, rng);
  const samples = await read(path);
  return kbps === undefined ? samples : simulateMp3(samples, { sampleRateHz, kbps });
}

/** The factors of the FFT bins of a clip, where they are scaled at all. */
export function clipBinScales({ binScaling }: WindowAugmentation, bins: number, rng: Rng): Float32Array | undefined {
  return binScaling.alpha > 0 ? binScales(bins, binScaling.alpha, rng.split('bins')) : undefined;
}

/** With a probability, one of `items`. */
function chosen<T>(probability: number, items: readonly T[], rng: Rng): T | undefined {
  return rng.uniform() < probability ? items[rng.integer(items.length)] : undefined;
}
