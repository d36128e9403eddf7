import { type Transferable as NodeTransferable, parentPort, workerData } from 'node:worker_threads';
import { packError, UsageError } from '@asc/core';
import { Transferred } from './transfer.js';

import type { WorkerCall, WorkerReply, WorkerSetup } from './worker-protocol.js';

// The thread behind a WorkerPool: this file is started by the pool, never imported.

type Exports = Readonly<Record<string, unknown>>;

async function answer(exports: Promise<Exports>, call: WorkerCall): Promise<void> {
  let reply: WorkerReply;
  let list: NodeTransferable[] = [];
  try {
    const fn = (await exports)[call.name];
    if (typeof fn !== 'function') throw noFunction(call.name, await exports);
    const result: unknown = await (fn as (item: unknown) => unknown)(call.item);
    const moved = result instanceof Transferred;
    if (moved) list = [...result.list] as NodeTransferable[];
    reply = { id: call.id, ok: true, value: moved ? result.value : result };
  } catch (thrown) {
    reply = { id: call.id, ok: false, error: packError(thrown) };
  }
  try {
    parentPort?.postMessage(reply, list);
  } catch (thrown) {
    // The result cannot be cloned: say so instead of staying silent.
    parentPort?.postMessage({ id: call.id, ok: false, error: packError(thrown) } satisfies WorkerReply);
  }
}

function noFunction(name: string, exports: Exports): UsageError {
  const functions = Object.keys(exports).filter((key) => typeof exports[key] === 'function');
  return new UsageError({
    what: `The worker module exports no function "${name}".`,
    expected: `one of ${functions.join(', ') || '(none)'}`,
    received: typeof exports[name],
  });
}

const setup = workerData as WorkerSetup;
const loading = import(setup.module) as Promise<Exports>;
// A module that fails to load is reported by every call.
loading.catch(() => undefined);
parentPort?.on('message', (call: WorkerCall) => void answer(loading, call));
