import { availableParallelism } from 'node:os';
import { type Transferable as NodeTransferable, Worker } from 'node:worker_threads';
import { AscError, UsageError, checkKeys, checkPositiveInteger, describeValue, unpackError } from '@asc/core';
import type { TransferList } from './transfer.js';

import type { WorkerCall, WorkerReply, WorkerSetup } from './worker-protocol.js';

export type { TransferList } from './transfer.js';

/** Options of {@link workerPool}. */
export interface WorkerPoolOptions {
  /** Number of threads. Default: one per core. */
  readonly workers?: number;
  /** Aborting stops every thread at once; calls in flight reject with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A fixed set of threads that run the exported functions of one module. */
export interface WorkerPool {
  readonly size: number;
  /**
   * Calls the exported function `name` with `item` (structured clone; `transfer` moves buffers) in the least busy
   * thread. Rejects with what the function threw: same class, message and parts. Calls are queued without bound: bound
   * them, as `Pipeline.parallelMap` does.
   */
  run<U>(name: string, item: unknown, transfer?: TransferList): Promise<U>;
  /** Stops all threads; calls in flight reject. A pool that is idle does not keep the process alive. */
  close(): Promise<void>;
}

// Why not piscina or tinypool: what is needed is order, backpressure, typed errors and death of a thread, about a
// hundred lines; they offer resizing, histograms and task priorities, and their errors lose class and parts on the way.

/** Calls a thread holds: one it works on and one that waits, so that it never idles between two. */
const CALLS_PER_WORKER = 2;

interface Task {
  readonly call: WorkerCall;
  readonly transfer: TransferList;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Starts a pool over the module at `module` (a file URL, e.g. `new URL('./work.js', import.meta.url)`).
 *
 * When a thread dies (out of memory, `process.exit`), its calls and all later ones reject with an AscError saying so.
 */
export function workerPool(module: URL, options: WorkerPoolOptions = {}): WorkerPool {
  checkKeys('The options of workerPool', options, ['workers', 'signal']);
  if (!(module instanceof URL)) {
    throw new UsageError({
      what: 'A worker pool needs the URL of a module.',
      expected: "new URL('./work.js', import.meta.url)",
      received: describeValue(module),
    });
  }
  const size = checkPositiveInteger('workers', options.workers ?? availableParallelism());
  return new ThreadPool(module, size, options.signal);
}

class ThreadPool implements WorkerPool {
  readonly size: number;
  readonly #workers: Worker[];
  readonly #tasksOf = new Map<Worker, Map<number, Task>>();
  readonly #waiting: Task[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => void this.#stop(this.#signal?.reason);
  #nextId = 0;
  /** Why the pool takes no more calls. */
  #ended: { readonly error: unknown } | undefined;

  constructor(module: URL, size: number, signal: AbortSignal | undefined) {
    this.size = size;
    this.#signal = signal;
    this.#workers = Array.from({ length: size }, () => this.#start(module));
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  run<U>(name: string, item: unknown, transfer: TransferList = []): Promise<U> {
    return new Promise<U>((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended.error as Error);
        return;
      }
      const call = { id: this.#nextId++, name, item };
      this.#waiting.push({ call, transfer, resolve: resolve as (value: unknown) => void, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    await this.#stop(new AscError({ what: 'The worker pool was closed.', hint: 'Open a new pool for more calls.' }));
  }

  #start(module: URL): Worker {
    const workerData: WorkerSetup = { module: module.href };
    const worker = new Worker(new URL('./pool-worker.js', import.meta.url), { workerData });
    const tasks = new Map<number, Task>();
    this.#tasksOf.set(worker, tasks);
    worker.on('message', (reply: WorkerReply) => {
      const task = tasks.get(reply.id);
      tasks.delete(reply.id);
      if (tasks.size === 0) worker.unref();
      if (reply.ok) task?.resolve(reply.value);
      else task?.reject(unpackError(reply.error));
      this.#dispatch();
    });
    worker.on('messageerror', (error) => this.#die(`A worker's result could not be read: ${error.message}`, error));
    worker.on('error', (error) => this.#die(`A worker thread failed: ${error.message}`, error));
    worker.on('exit', (code) => this.#die(`A worker thread ended on its own, with exit code ${code}.`, undefined));
    worker.unref();
    return worker;
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#leastBusy();
      const tasks = worker && this.#tasksOf.get(worker);
      if (worker === undefined || tasks === undefined || tasks.size >= CALLS_PER_WORKER) return;
      const task = this.#waiting.shift();
      if (task === undefined) return;
      try {
        worker.postMessage(task.call, [...task.transfer] as NodeTransferable[]);
      } catch (error) {
        // The item cannot be cloned: this call fails, the pool goes on.
        task.reject(error);
        continue;
      }
      tasks.set(task.call.id, task);
      worker.ref();
    }
  }

  #leastBusy(): Worker | undefined {
    const load = (worker: Worker): number => this.#tasksOf.get(worker)?.size ?? Infinity;
    return this.#workers.reduce<Worker | undefined>(
      (best, worker) => (best === undefined || load(worker) < load(best) ? worker : best),
      undefined,
    );
  }

  #die(what: string, cause: unknown): void {
    const hint = 'If it ran out of memory, use fewer workers or smaller items.';
    void this.#stop(new AscError({ what, hint }, { cause }));
  }

  async #stop(error: unknown): Promise<void> {
    if (this.#ended === undefined) {
      this.#ended = { error };
      this.#signal?.removeEventListener('abort', this.#onAbort);
      const tasks = [...this.#tasksOf.values()].flatMap((held) => [...held.values()]);
      for (const task of [...tasks, ...this.#waiting]) task.reject(error);
      for (const held of this.#tasksOf.values()) held.clear();
      this.#waiting.length = 0;
    }
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
