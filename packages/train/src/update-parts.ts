import { UsageError, type NdArrays } from '@asc/core';
import type { UpdatePart } from './optimiser.js';

const GATHERED = 'optimiser/gatheredClips';

/** Which update the batches of a run belong to, and how many clips were gathered since the last one. */
export interface UpdateParts {
  readonly updatesPerEpoch: number;
  /** The update a batch belongs to, counted from 0 over the whole run. */
  indexOf(epoch: number, step: number): number;
  /** The part a batch of `clips` is of its update; the next call counts them as gathered. */
  gather(step: number, clips: number): UpdatePart;
  /** What a checkpoint must hold. */
  readState(): NdArrays;
  /** Takes its own out of a checkpoint's state, and returns the others. */
  writeState(state: NdArrays): NdArrays;
}

/** Updates of `accumulate` batches each; an epoch's last update takes what is left. */
export function updateParts(stepsPerEpoch: number, accumulate: number): UpdateParts {
  const updatesPerEpoch = Math.ceil(stepsPerEpoch / accumulate);
  let gathered = 0;
  return {
    updatesPerEpoch,
    indexOf: (epoch, step) => epoch * updatesPerEpoch + Math.floor(step / accumulate),
    gather(step, clips) {
      const last = (step + 1) % accumulate === 0 || step + 1 === stepsPerEpoch;
      const share = clips / (gathered + clips);
      gathered = last ? 0 : gathered + clips;
      return { share, last };
    },
    readState: () =>
      accumulate === 1 ? {} : { [GATHERED]: { dtype: 'float32', shape: [], data: Float32Array.of(gathered) } },
    writeState(state) {
      if (accumulate === 1) return state;
      const { [GATHERED]: mine, ...others } = state;
      const count = mine?.data[0];
      if (count === undefined) throw new UsageError({ what: `The state misses "${GATHERED}".` });
      gathered = count;
      return others;
    },
  };
}
