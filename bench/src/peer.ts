import { AscError, UsageError } from '@asc/core';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contest.js';

const STDERR_TAIL = 2000;

/** What a peer says of itself once it is ready. */
export interface PeerFacts {
  readonly parameters: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** A process that does the same work and takes its turns over JSON lines on its standard input and output; Python, or one of ours. */
export class Peer implements Contender {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #stderr = '';

  private constructor(
    readonly name: string,
    readonly side: Contender['side'],
    child: ChildProcessWithoutNullStreams,
  ) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL);
    });
    // A write to a process that has ended: the missing answer says so.
    child.stdin.on('error', () => undefined);
  }

  /**
   * Starts `bench/peers/SCRIPT.py --variant VARIANT --threads THREADS` and waits until it is there.
   *
   * @throws UsageError where the interpreter cannot be started.
   */
  static async start(options: {
    readonly python: string;
    readonly script: string;
    readonly variant: string;
    readonly name: string;
    readonly threads: number;
  }): Promise<Peer> {
    const { python, script, variant, name, threads } = options;
    const path = fileURLToPath(new URL(`../peers/${script}.py`, import.meta.url));
    const limits = ['OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS'].map((key) => [key, String(threads)]);
    const child = spawn(python, [path, '--variant', variant, '--threads', String(threads)], {
      env: { ...process.env, ...Object.fromEntries(limits) },
    });
    const peer = new Peer(name, 'peer', child);
    await once(child, 'spawn').catch((cause: unknown) => {
      throw new UsageError(
        {
          what: 'The Python of ASC_PYTHON cannot be started.',
          expected: 'the path of an interpreter',
          received: python,
          hint: 'Correct or unset ASC_PYTHON, or give --ours to run our side alone.',
        },
        { cause },
      );
    });
    return peer;
  }

  /** Starts a script of ours that speaks the same lines. */
  static async ours(name: string, script: string): Promise<Peer> {
    const child = spawn(process.execPath, [script]);
    const peer = new Peer(name, 'ours', child);
    await once(child, 'spawn');
    return peer;
  }

  async prepare(request: Readonly<Record<string, unknown>>): Promise<PeerFacts> {
    return (await this.#ask({ op: 'prepare', ...request })) as unknown as PeerFacts;
  }

  async run(count: number): Promise<number[]> {
    return (await this.#ask({ op: 'run', count }))['ms'] as number[];
  }

  async values(): Promise<number[]> {
    return (await this.#ask({ op: 'values' }))['values'] as number[];
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin.end();
    await once(this.#child, 'exit');
  }

  async #ask(request: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const { done, value } = await this.#lines.next();
    if (done === true) {
      throw new AscError({ what: `The peer "${this.name}" ended without an answer.`, received: this.#stderr.trim() });
    }
    const reply = JSON.parse(value) as Record<string, unknown>;
    if (typeof reply['error'] === 'string') {
      throw new AscError({ what: `The peer "${this.name}" failed.`, received: reply['error'] });
    }
    return reply;
  }
}
