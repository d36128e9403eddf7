import { AscError } from '@asc/core';
import { fetchBytes } from './fetch-bytes.js';
import type { PageWorker, Platform } from './platform.js';
import type { WorkerReply } from './worker-protocol.js';

/** What is used of a page's global scope. */
interface PageScope {
  readonly Worker: new (url: URL, options: { readonly type: 'module' }) => PageWorker;
}

function startWebWorker(): PageWorker {
  const { Worker } = globalThis as unknown as PageScope;
  // Bundlers know this form, and bundle the worker.
  return new Worker(new URL('./page-worker.js', import.meta.url), { type: 'module' });
}

/** Addresses by fetch, and a web worker. */
export const pagePlatform: Platform = {
  read: fetchBytes,
  startWorker({ startWorker = startWebWorker }, { onReply, onDeath }) {
    const worker = startWorker();
    const die = (what: string): void => onDeath(new AscError({ what, hint: 'Load the classifier again.' }));
    worker.addEventListener('message', ({ data }) => onReply(data as WorkerReply));
    worker.addEventListener('error', ({ message }) =>
      die(`The classifier's worker failed: ${message ?? 'its script could not be loaded'}`),
    );
    worker.addEventListener('messageerror', () => die("What the classifier's worker said could not be read."));
    return {
      post: (call, transfer) => worker.postMessage(call, [...transfer]),
      setBusy: () => {},
      terminate: async () => worker.terminate(),
    };
  },
};
