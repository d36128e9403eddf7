import { UsageError, unpackError, type AscError, type Waveform } from '@asc/core';
import type { LoadOptions, Platform, WorkerHandle } from './platform.js';
import type { JudgedWindow } from './window-judge.js';
import type { WorkerReply, WorkerRequest } from './worker-protocol.js';

interface Waiting {
  readonly resolve: (judged: readonly JudgedWindow[]) => void;
  readonly reject: (error: Error) => void;
}

/** The owner's side of a worker: calls by number, replies to whoever waits, and an error for all of them when it is gone. */
export class WorkerClient {
  readonly #worker: WorkerHandle;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  /** Why no more calls are taken. */
  #ended: AscError | undefined;

  constructor(platform: Platform, options: LoadOptions) {
    this.#worker = platform.startWorker(options, {
      onReply: (reply) => this.#settle(reply),
      onDeath: (error) => void this.#end(error),
    });
  }

  /** Has the model loaded. Rejects with what the worker threw. */
  async load(bytes: Uint8Array, { threads, wasmPaths }: LoadOptions): Promise<void> {
    await this.#call({ kind: 'load', bytes, threads, wasmPaths }, []);
  }

  /** What the model says about windows, whose samples move to the worker: the caller's arrays become empty. */
  judge(windows: readonly Waveform[]): Promise<readonly JudgedWindow[]> {
    const buffers = new Set(windows.map(({ samples }) => samples.buffer as ArrayBuffer));
    return this.#call({ kind: 'judge', windows }, [...buffers]);
  }

  /** Ends the worker; whoever waits is told so. Safe to call twice. */
  close(): Promise<void> {
    return this.#end(
      new UsageError({ what: 'This classifier was closed.', hint: 'Load it again with loadClassifier.' }),
    );
  }

  #call(request: WorkerRequest, transfer: readonly ArrayBuffer[]): Promise<readonly JudgedWindow[]> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.setBusy(true);
      this.#worker.post({ id, request }, transfer);
    });
  }

  #settle(reply: WorkerReply): void {
    // A last reply on the way while the worker ends: it stays busy until it has.
    if (this.#ended !== undefined) return;
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.setBusy(false);
    if (reply.ok) waiting?.resolve(reply.judged);
    else waiting?.reject(unpackError(reply.error));
  }

  async #end(error: AscError): Promise<void> {
    if (this.#ended === undefined) {
      this.#ended = error;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    }
    await this.#worker.terminate();
  }
}
