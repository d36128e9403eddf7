import type { AscError } from '@asc/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Worker } from 'node:worker_threads';
import { loadClassifier as loadInNode } from './index.js';
import { nodePlatform } from './node-platform.js';
import { loadClassifier } from './page.js';
import { pagePlatform } from './page-platform.js';
import type { PageWorker } from './platform.js';
import { noise, RATE, tinyBytes } from './tiny-model.test.helper.js';

/** A thread that is to `page-worker.js` what a web worker is, and to its owner too. */
class FakeWebWorker implements PageWorker {
  readonly #thread: Worker;

  constructor(module: string) {
    const script = `const { parentPort, workerData } = require('node:worker_threads');
      globalThis.postMessage = (reply) => parentPort.postMessage(reply);
      const ready = import(workerData);
      parentPort.on('message', async (data) => { await ready; globalThis.onmessage({ data }); });`;
    this.#thread = new Worker(script, { eval: true, workerData: new URL(module, import.meta.url).href });
  }

  postMessage(message: unknown, transfer: ArrayBuffer[]): void {
    this.#thread.postMessage(message, transfer);
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    const tell = listener as (event: object) => void;
    if (type === 'message') this.#thread.on('message', (data: unknown) => tell({ data }));
    if (type === 'error') this.#thread.on('error', ({ message }) => tell({ message }));
  }

  terminate(): void {
    void this.#thread.terminate();
  }
}

describe('a page', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  it('hears what Node hears, through its worker and onnxruntime-web', async () => {
    const sound = { samples: noise(2000), sampleRateHz: 2 * RATE };
    const startWorker = (): PageWorker => new FakeWebWorker('./page-worker.js');
    const inPage = await loadClassifier(tinyBytes('features'), { startWorker, threads: 1 });
    const inNode = await loadInNode(tinyBytes('features'));
    closing.push(inPage.close, inNode.close);
    const [page, node] = [await inPage.classify(sound), await inNode.classify(sound)];
    page.probabilities.forEach((value, i) => expect(value).toBeCloseTo(node.probabilities[i]!, 5));
    const stream = inPage.stream({ sampleRateHz: 2 * RATE, hopSeconds: 0.05 });
    expect([...(await stream.push(sound.samples)), ...(await stream.flush())].length).toBeGreaterThan(1);
  });

  it('is told when its worker cannot run', async () => {
    const startWorker = (): PageWorker => new FakeWebWorker('./no-such-worker.js');
    await expect(loadClassifier(tinyBytes(), { startWorker })).rejects.toThrow(/worker failed.*no-such-worker/s);
  });

  it('fetches a model by its address, as Node does', async () => {
    const address = new URL(`data:application/octet-stream;base64,${Buffer.from(tinyBytes()).toString('base64')}`);
    expect(await pagePlatform.read(address)).toEqual(tinyBytes());
    const classifier = await loadInNode(address);
    closing.push(classifier.close);
    expect(classifier.card.name).toBe('tiny');
    await expect(pagePlatform.read('no-scheme/model.onnx')).rejects.toThrow(/Cannot fetch no-scheme/);
  });

  it('and Node learn of a worker that ends on its own', async () => {
    let died: AscError | undefined;
    const events = { onReply: () => undefined, onDeath: (error: AscError) => (died = error) };
    await nodePlatform.startWorker({}, events).terminate();
    expect(died?.message).toMatch(/ended on its own, with exit code \d\.\nLoad the classifier again/);
  });
});
