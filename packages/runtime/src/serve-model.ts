import { packError, UsageError } from '@asc/core';
import { decodeOnnx, getModelCard, SessionRunner, type OrtModule } from '@asc/onnx/model';
import { WindowJudge } from './window-judge.js';
import type { WorkerCall, WorkerReply, WorkerRequest } from './worker-protocol.js';

/** Brings the ONNX Runtime of this place, set up as asked. */
export type BringOrt = (request: Extract<WorkerRequest, { kind: 'load' }>) => Promise<OrtModule>;

/**
 * The worker's side of a classifier: takes calls, one at a time and in order, and replies to each. The functions of a place are
 * given: how a reply is posted, and which ONNX Runtime there is.
 */
export function serveModel(post: (reply: WorkerReply) => void, bringOrt: BringOrt): (call: WorkerCall) => void {
  let judge: WindowJudge | undefined;
  let last: Promise<void> = Promise.resolve();

  async function answer({ id, request }: WorkerCall): Promise<void> {
    try {
      if (request.kind === 'load') {
        judge = await load(request, bringOrt);
        post({ id, ok: true, judged: [] });
        return;
      }
      if (judge === undefined) throw new UsageError({ what: 'No model is loaded in this worker.' });
      post({ id, ok: true, judged: await judge.judge(request.windows) });
    } catch (error) {
      post({ id, ok: false, error: packError(error) });
    }
  }

  return (call) => {
    last = last.then(() => answer(call));
  };
}

async function load(request: Extract<WorkerRequest, { kind: 'load' }>, bringOrt: BringOrt): Promise<WindowJudge> {
  const { bytes, threads } = request;
  const card = getModelCard(decodeOnnx(bytes));
  const runner = await SessionRunner.load(await bringOrt(request), bytes, {
    graphOptimizationLevel: 'all',
    // Errors only: they come back as exceptions anyway.
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  });
  return new WindowJudge(runner, card);
}
