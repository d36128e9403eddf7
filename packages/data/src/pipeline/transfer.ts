import type { Transferable as NodeTransferable } from 'node:worker_threads';

/** Buffers that move to another thread instead of being copied; the sender's view of them becomes empty. Not shared ones. */
export type TransferList = readonly (NodeTransferable | ArrayBufferLike)[];

/** A worker function's result whose buffers move to the caller: return it instead of the bare value. */
export class Transferred<T> {
  readonly value: T;
  readonly list: TransferList;
  constructor(value: T, list: TransferList) {
    this.value = value;
    this.list = list;
  }
}

/**
 * Marks the buffers in `list` for moving, e.g. `return transferred(map, [map.data.buffer])` at the end of a worker
 * function. Never list a buffer that the worker keeps.
 */
export function transferred<T>(value: T, list: TransferList): Transferred<T> {
  return new Transferred(value, list);
}
