import { AscError, DataError, packError } from '@asc/core';
import { describe, expect, it } from '@jest/globals';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { loadClassifier } from './index.js';
import { classifierLoader } from './load-classifier.js';
import { nodePlatform } from './node-platform.js';
import type { WorkerEvents } from './platform.js';
import { noise, RATE, tinyBytes } from './tiny-model.test.helper.js';

const sound = { samples: noise(100), sampleRateHz: RATE };

describe('the worker of a classifier', () => {
  it('that dies rejects what waits and what comes, saying so', async () => {
    let worker: Worker | undefined;
    const dying = classifierLoader({
      ...nodePlatform,
      startWorker(_options, { onReply, onDeath }: WorkerEvents) {
        // Answers the load, and dies of the first window.
        const script = `require('node:worker_threads').parentPort.on('message', ({ id, request }) => {
          if (request.kind === 'judge') process.exit(3);
          require('node:worker_threads').parentPort.postMessage({ id, ok: true, judged: [] });
        })`;
        worker = new Worker(script, { eval: true }).on('message', onReply);
        worker.on('exit', (code) => onDeath(new AscError({ what: `ended with exit code ${code}` })));
        const owned = worker;
        return {
          post: (call) => owned.postMessage(call),
          setBusy: () => {},
          terminate: async () => void (await owned.terminate()),
        };
      },
    });
    const classifier = await dying(tinyBytes());
    const stream = classifier.stream();
    const waiting = [classifier.classify(sound), stream.push(noise(RATE)), stream.flush()];
    for (const each of waiting) await expect(each).rejects.toThrow(/exit code 3/);
    await expect(classifier.classify(sound)).rejects.toThrow(/exit code 3/);
    await classifier.close();
  });

  it('that cannot start rejects the load', async () => {
    const failing = classifierLoader({
      ...nodePlatform,
      startWorker: (_options, { onReply }) => ({
        post: ({ id }) => onReply({ id, ok: false, error: packError(new DataError({ what: 'No.', hint: 'Why.' })) }),
        setBusy: () => {},
        terminate: async () => {},
      }),
    });
    await expect(failing(tinyBytes())).rejects.toThrow(new DataError({ what: 'No.', hint: 'Why.' }));
  });

  it('leaves the event loop free', async () => {
    const classifier = await loadClassifier(tinyBytes('features'));
    const long = { samples: noise(32 * 800), sampleRateHz: RATE };
    await classifier.classify(long);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const started = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => classifier.classify(long)));
    const took = performance.now() - started;
    delay.disable();
    // The longest wait is a small part of the work, however busy the machine.
    expect(delay.max / 1e6).toBeLessThan(Math.max(50, took / 2));
    await classifier.close();
  });
});
