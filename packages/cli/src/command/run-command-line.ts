import { UsageError } from '@asc/core';
import { CommanderError } from 'commander';
import type { Readable } from 'node:stream';
import pc from 'picocolors';
import { createProgram } from '../create-program.js';
import { Terminal, type Sink } from '../terminal/terminal.js';
import { describeError } from './describe-error.js';
import type { CommonOptions, Performer } from './handle.js';
import { InterruptedError } from './interrupted-error.js';

/** Exit codes: done, the work failed, the call was wrong, stopped by Ctrl-C. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The parts of `process` a command line runs in. */
export interface Surroundings {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  on(event: NodeJS.Signals, listener: () => void): unknown;
  off(event: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): never;
}

/** Runs one command line and gives its exit code. Never throws. */
export async function runCommandLine(words: readonly string[], around: Surroundings): Promise<number> {
  const debug = words.includes('--debug');
  // Only where both streams are watched: no escape sequences in a file.
  const watched = around.stdout.isTTY === true && around.stderr.isTTY === true;
  const color = watched && pc.isColorSupported && around.env['NO_COLOR'] === undefined;
  const open = (json: boolean): Terminal => new Terminal({ stdout: around.stdout, stderr: around.stderr, json, color });
  let terminal = open(words.includes('--json'));

  const perform: Performer = async (options: CommonOptions, work) => {
    terminal = open(options.json === true);
    const controller = new AbortController();
    const stop = (): void => {
      // The first Ctrl-C stops at a safe point, the second at once.
      if (controller.signal.aborted) {
        terminal.live([]);
        around.exit(EXIT.interrupted);
      }
      terminal.note('stopping at the next safe point; press Ctrl-C again to stop at once');
      controller.abort();
    };
    around.on('SIGINT', stop);
    around.on('SIGTERM', stop);
    try {
      const result = await work({ terminal, signal: controller.signal, stdin: around.stdin });
      terminal.live([]);
      if (terminal.json && result.json !== undefined) terminal.document(result.json);
      else if (result.text !== '') terminal.print(result.text);
      await terminal.flush();
      if (result.failure !== undefined) throw result.failure;
    } finally {
      terminal.live([]);
      around.off('SIGINT', stop);
      around.off('SIGTERM', stop);
    }
  };

  try {
    const program = createProgram(perform, around);
    await program.parseAsync(words, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    terminal.error(describeError(error, terminal.palette, debug));
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return EXIT.interrupted;
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}
