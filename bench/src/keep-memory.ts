import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';

/**
 * glibc keeps what a process frees. By default every large array goes back to the system and comes anew, page by page: where a
 * virtual machine returns free pages to its host, that makes steps of PyTorch ten times as long, and ours of networks of tens of
 * millions of parameters twice. PyTorch's own tuning guide has its users do the like. Other C libraries do not know the words.
 */
export const KEEP_MEMORY = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '-1' };

export function keepsMemory(): boolean {
  return Object.keys(KEEP_MEMORY).every((name) => name in process.env);
}

/** Runs this program again, and all it starts, with memory kept: the C library reads these words at its start. */
export async function againKeepingMemory(): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, ...KEEP_MEMORY },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
