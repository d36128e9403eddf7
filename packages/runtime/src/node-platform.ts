import { AscError, DataError } from '@asc/core';
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { fetchBytes } from './fetch-bytes.js';
import type { Platform } from './platform.js';
import { END, type WorkerReply } from './worker-protocol.js';

/** Files by path, and a thread. */
export const nodePlatform: Platform = {
  async read(file) {
    if (file instanceof URL && file.protocol !== 'file:') return fetchBytes(file);
    return readFile(file).catch((cause: unknown) => {
      const received = cause instanceof Error ? cause.message : String(cause);
      throw new DataError({ what: `Cannot read ${file}.`, received, hint: 'Check the path.' }, { cause });
    });
  },
  startWorker(_options, { onReply, onDeath }) {
    const worker = new Worker(new URL('./node-worker.js', import.meta.url));
    const die = (what: string, cause?: unknown): void =>
      onDeath(new AscError({ what, hint: 'Load the classifier again.' }, { cause }));
    worker.on('message', (reply: WorkerReply) => onReply(reply));
    worker.on('messageerror', (error) => die(`What the classifier's worker said could not be read: ${error.message}`));
    worker.on('error', (error) => die(`The classifier's worker failed: ${error.message}`, error));
    worker.on('exit', (code) => die(`The classifier's worker ended on its own, with exit code ${code}.`));
    const exited = new Promise((resolve) => void worker.once('exit', resolve));
    worker.unref();
    return {
      post: (call, transfer) => worker.postMessage(call, [...transfer]),
      setBusy: (busy) => (busy ? worker.ref() : worker.unref()),
      async terminate() {
        worker.ref();
        worker.postMessage(END);
        await exited;
      },
    };
  },
};
