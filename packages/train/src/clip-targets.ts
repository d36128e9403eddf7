import type { NdArrays } from '@asc/core';

/** A clip as a batch takes it. Where an epoch has every clip several times, `copy` counts them from 0. */
export interface BatchClip {
  readonly id: string;
  readonly copy: number;
}

/** Further arrays of a batch that are looked up by clip, such as what teachers said of it. */
export interface ClipTargets {
  /** Times every clip comes in an epoch. */
  readonly copies: number;
  /** Arrays (B, …) for the clips of a batch. @throws UsageError for a clip nothing is known of. */
  arrays(clips: readonly BatchClip[], at: { readonly epoch: number; readonly step: number }): NdArrays;
}
