import type { PackedError } from '@asc/core';

/** What a pool gives its workers at their start. */
export interface WorkerSetup {
  /** URL of the module whose exports the workers call. */
  readonly module: string;
}

/** A call on its way to a worker. */
export interface WorkerCall {
  readonly id: number;
  readonly name: string;
  readonly item: unknown;
}

/** Its outcome on the way back. */
export type WorkerReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: PackedError };
