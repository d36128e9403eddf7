import { applyResamplingFilter, designResamplingFilter, type ResamplingPosition } from './resampling-filter.js';

/** Changes the sample rate of sound that comes piece by piece. Owns its state: one per sound. */
export interface StreamResampler {
  readonly fromHz: number;
  readonly toHz: number;
  /** Takes the next samples, any number of them, and gives those whose filter is full; the rest come half a filter later, milliseconds at customary rates. */
  push(samples: Float32Array): Float32Array;
  /** Ends the sound and gives its remaining samples. Ready for another sound afterwards. */
  flush(): Float32Array;
}

/**
 * A resampler whose outputs, of all `push` and `flush` together, are those of `createResampler(fromHz, toHz).process` over the whole
 * sound, to the bit, whatever the sizes of the pieces. It counts in whole samples: hours do not make it drift.
 *
 * @throws {UsageError} see {@link createResampler}.
 */
export function createStreamResampler(fromHz: number, toHz: number): StreamResampler {
  const filter = designResamplingFilter(fromHz, toHz);
  const { up, down, taps, before } = filter;
  if (up === down) {
    return { fromHz, toHz, push: (samples) => samples.slice(), flush: () => new Float32Array() };
  }

  // The inputs that outputs to come still weigh, after the silence before the sound; the next output's place in them.
  let held = new Float64Array(before);
  let position: ResamplingPosition = { whole: 0, phase: 0 };
  let taken = 0;
  let given = 0;

  function give(padded: Float64Array, count: number): Float32Array {
    const out = new Float32Array(count);
    applyResamplingFilter(filter, padded, position, out);
    given += count;
    return out;
  }

  function append(samples: Float32Array): Float64Array {
    const padded = new Float64Array(held.length + samples.length);
    padded.set(held);
    padded.set(samples, held.length);
    return padded;
  }

  return {
    fromHz,
    toHz,
    push(samples) {
      taken += samples.length;
      const padded = append(samples);
      // Outputs n with whole + floor((phase + n · down) / up) + taps ≤ padded.length.
      const room = padded.length - taps - position.whole;
      const count = room < 0 ? 0 : Math.ceil(((room + 1) * up - position.phase) / down);
      const out = give(padded, count);
      // Where rates fall steeply, the next output may lie beyond what came.
      const drop = Math.min(position.whole, padded.length);
      held = padded.slice(drop);
      position.whole -= drop;
      return out;
    },
    flush() {
      const out = give(append(new Float32Array(position.whole + 2 * taps)), Math.ceil((taken * up) / down) - given);
      held = new Float64Array(before);
      position = { whole: 0, phase: 0 };
      taken = 0;
      given = 0;
      return out;
    },
  };
}
