import { packError, UsageError } from '@asc/core';
import { decodeOnnx, getModelCard, SessionRunner, type OrtModule } from '@asc/onnx/model';
import { WindowJudge } from './window-judge.js';
import type { WorkerCall, WorkerReply, WorkerRequest } from './worker-protocol.js';

/** Brings the ONNX Runtime of this place, set up as asked. */
export type BringOrt = (request: Extract<WorkerRequest, { kind: 'load' }>) => Promise<OrtModule>;

/** A worker's side of a classifier. */
export interface ModelServer {
  /** Takes a call; calls are answered one at a time and in order. */
  take(call: WorkerCall): void;
  /** Lets the call in hand finish, leaves those that wait unanswered, and releases the model. */
  end(): Promise<void>;
}

/** The functions of a place are given: how a reply is posted, and which ONNX Runtime there is. */
export function serveModel(post: (reply: WorkerReply) => void, bringOrt: BringOrt): ModelServer {
  let loaded: LoadedModel | undefined;
  let ended = false;
  let last: Promise<void> = Promise.resolve();

  async function answer({ id, request }: WorkerCall): Promise<void> {
    if (ended) return;
    try {
      if (request.kind === 'load') {
        loaded = await load(request, bringOrt);
        post({ id, ok: true, judged: [] });
        return;
      }
      if (loaded === undefined) throw new UsageError({ what: 'No model is loaded in this worker.' });
      post({ id, ok: true, judged: await loaded.judge.judge(request.windows) });
    } catch (error) {
      post({ id, ok: false, error: packError(error) });
    }
  }

  return {
    take(call) {
      last = last.then(() => answer(call));
    },
    async end() {
      ended = true;
      await last;
      await loaded?.runner.release();
    },
  };
}

interface LoadedModel {
  readonly runner: SessionRunner;
  readonly judge: WindowJudge;
}

async function load(request: Extract<WorkerRequest, { kind: 'load' }>, bringOrt: BringOrt): Promise<LoadedModel> {
  const { bytes, threads } = request;
  const card = getModelCard(decodeOnnx(bytes));
  const runner = await SessionRunner.load(await bringOrt(request), bytes, {
    graphOptimizationLevel: 'all',
    // Errors only: they come back as exceptions anyway.
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  });
  try {
    return { runner, judge: new WindowJudge(runner, card) };
  } catch (error) {
    await runner.release();
    throw error;
  }
}
