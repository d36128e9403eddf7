import { checkPositiveInteger, UsageError } from '@asc/core';
import { complexFft, type ComplexFft } from '@asc/features';
import { checkSamples } from './check-samples.js';

/** Lets sounds be heard through devices, given by their impulse responses. Owns scratch memory: use one per worker. */
export interface DeviceSimulator {
  /**
   * The sound as the device hears it: (S) to (S), the tail cut off, as loud as before (equal RMS). Samples may leave [−1, 1];
   * nothing is clipped. `response` (R) is at the sound's sample rate; one sample of 1 is the identity. Silence stays silence.
   *
   * @throws UsageError for numbers that are not finite, and a response that is silent or longer than the simulator was made for.
   */
  apply(samples: Float32Array, response: Float32Array): Float32Array;
}

/**
 * A simulator for impulse responses of at most `maxResponseSamples`: convolution by FFT in blocks, in float64.
 * Source: device impulse response augmentation, Morocutti and others 2023; convolved and cut as in fschmid56/cpjku_dcase23,
 * which does not keep the loudness.
 *
 * @throws UsageError where `maxResponseSamples` is no positive integer.
 */
export function deviceSimulator(maxResponseSamples: number): DeviceSimulator {
  return new BlockConvolution(checkPositiveInteger('maxResponseSamples', maxResponseSamples));
}

/** Overlap-add; two blocks go through one complex transform, as its real and imaginary part. */
class BlockConvolution implements DeviceSimulator {
  readonly #maxResponseSamples: number;
  readonly #fft: ComplexFft;
  /** New samples a block. */
  readonly #block: number;
  readonly #responseRe: Float64Array;
  readonly #responseIm: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  constructor(maxResponseSamples: number) {
    this.#maxResponseSamples = maxResponseSamples;
    const length = Math.max(1024, 2 ** Math.ceil(Math.log2(2 * maxResponseSamples)));
    this.#fft = complexFft(length);
    this.#block = length - maxResponseSamples + 1;
    this.#responseRe = new Float64Array(length);
    this.#responseIm = new Float64Array(length);
    this.#re = new Float64Array(length);
    this.#im = new Float64Array(length);
  }

  apply(samples: Float32Array, response: Float32Array): Float32Array {
    checkSamples('The sound', samples);
    checkSamples('The impulse response', response);
    this.#checkResponse(response);
    const first = response.findIndex((sample) => sample !== 0);
    // A single tap scales every sample alike, which keeping the loudness undoes: exact, where an FFT would round.
    const heard =
      first === response.findLastIndex((sample) => sample !== 0)
        ? delayed(samples, first, Math.sign(response[first]!))
        : this.#convolve(samples, response);
    return asLoudAs(samples, heard);
  }

  #checkResponse(response: Float32Array): void {
    const silent = response.every((sample) => sample === 0);
    if (!silent && response.length <= this.#maxResponseSamples) return;
    throw new UsageError({
      what: 'The impulse response cannot be used.',
      expected: silent
        ? 'at least one sample other than 0'
        : `at most the ${this.#maxResponseSamples} samples the simulator was made for`,
      received: `${response.length} samples${silent ? ' of 0' : ''}`,
    });
  }

  #convolve(samples: Float32Array, response: Float32Array): Float32Array {
    this.#responseRe.fill(0).set(response);
    this.#responseIm.fill(0);
    this.#fft.transform(this.#responseRe, this.#responseIm);
    const full = new Float64Array(samples.length + this.#fft.length);
    for (let start = 0; start < samples.length; start += 2 * this.#block) this.#convolvePair(samples, start, full);
    return Float32Array.from(full.subarray(0, samples.length));
  }

  #convolvePair(samples: Float32Array, start: number, full: Float64Array): void {
    const [re, im, block] = [this.#re, this.#im, this.#block];
    const second = Math.min(start + block, samples.length);
    re.fill(0).set(samples.subarray(start, second));
    im.fill(0).set(samples.subarray(second, second + block));
    this.#fft.transform(re, im);
    const scale = 1 / re.length;
    for (let k = 0; k < re.length; k++) {
      const real = re[k]! * this.#responseRe[k]! - im[k]! * this.#responseIm[k]!;
      const imaginary = re[k]! * this.#responseIm[k]! + im[k]! * this.#responseRe[k]!;
      // Swapping the parts before and after a forward transform makes it the inverse one.
      re[k] = imaginary * scale;
      im[k] = real * scale;
    }
    this.#fft.transform(re, im);
    for (let i = 0, end = Math.min(re.length, full.length - start); i < end; i++) full[start + i]! += im[i]!;
    for (let i = 0, end = Math.min(re.length, full.length - second); i < end; i++) full[second + i]! += re[i]!;
  }
}

function delayed(samples: Float32Array, by: number, sign: number): Float32Array {
  const out = new Float32Array(samples.length);
  for (let i = by; i < out.length; i++) out[i] = sign * samples[i - by]!;
  return out;
}

/** `heard` scaled in place to the RMS of `original`. */
function asLoudAs(original: Float32Array, heard: Float32Array): Float32Array {
  const [wanted, got] = [energyOf(original), energyOf(heard)];
  if (got === 0 || wanted === got) return heard;
  const scale = Math.sqrt(wanted / got);
  for (let i = 0; i < heard.length; i++) heard[i]! *= scale;
  return heard;
}

function energyOf(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i]! ** 2;
  return sum;
}
