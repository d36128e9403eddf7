/**
 * Our side of `bench epoch`, in a process of its own: what `asc train` runs, an epoch at a time. Speaks the JSON lines of the peers. In
 * between it waits with its whole thread, so that nothing of it computes while others have their turn.
 */
import { AscError } from '@asc/core';
import { runTraining } from '@asc/cli';
import type { Recipe } from '@asc/train';
import { readSync, writeSync } from 'node:fs';

interface Request {
  readonly op: string;
  readonly count?: number;
  readonly recipe?: Recipe;
  readonly out?: string;
  readonly dataDir?: string;
  readonly threads?: number;
}

// Standard output belongs to the conversation.
console.log = console.error;

const waiting: string[] = [];
let left = '';

/** The next request, or `undefined` where the input has ended; answers what needs no epoch. */
function nextRequest(): Request | undefined {
  const buffer = Buffer.alloc(1 << 16);
  while (waiting.length === 0) {
    const size = readSync(0, buffer);
    if (size === 0) return undefined;
    const lines = (left + buffer.toString('utf8', 0, size)).split('\n');
    left = lines.pop() ?? '';
    waiting.push(...lines);
  }
  return JSON.parse(waiting.shift() ?? '') as Request;
}

function answer(reply: object): void {
  writeSync(1, `${JSON.stringify(reply)}\n`);
}

const ending = new AbortController();
const losses: number[] = [];
let ms: number[] = [];
let wanted = 0;
let begun = 0;

/** Waits until an epoch is asked for. */
function waitForTurn(): void {
  if (wanted > 0) return;
  for (let request = nextRequest(); request !== undefined; request = nextRequest()) {
    if (request.op === 'values') answer({ values: losses });
    else {
      wanted = request.count ?? 1;
      ms = [];
      begun = performance.now();
      return;
    }
  }
  ending.abort();
}

const setting = nextRequest();
if (setting?.recipe !== undefined) {
  const { recipe, out = '', dataDir, threads } = setting;
  answer({ parameters: 0, versions: {} });
  waitForTurn();
  try {
    await runTraining(recipe, {
      out,
      places: { dataDir },
      threads,
      signal: ending.signal,
      onEvent(event) {
        if (event.kind !== 'epoch') return;
        losses.push(event.report.loss);
        const now = performance.now();
        ms.push(now - begun);
        begun = now;
        wanted--;
        if (wanted === 0) answer({ ms });
        waitForTurn();
      },
    });
  } catch (error) {
    if (!(error instanceof AscError)) throw error;
    answer({ error: error.message });
  }
}
