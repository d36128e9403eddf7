import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

/** What a figure was measured on and with. */
export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  /** Load average of the last minute, before the measurement: figures of a busy machine mean little. */
  readonly load: number;
  readonly node: string;
  readonly onnxruntime: string;
}

export function describeMachine(): Machine {
  return {
    date: new Date().toISOString(),
    commit: gitCommit(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    load: loadavg()[0] ?? 0,
    node: process.versions.node,
    onnxruntime: onnxRuntimeVersion(),
  };
}

/** The version that @asc/onnx runs with. */
function onnxRuntimeVersion(): string {
  const load = createRequire(import.meta.resolve('@asc/onnx'));
  return (load('onnxruntime-node/package.json') as { version: string }).version;
}

/** Short hash, with `-dirty` where sources differ from it; `unknown` outside a git checkout. */
function gitCommit(): string {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git(
      'status',
      '--porcelain',
      '--untracked-files=no',
      '--',
      ':/packages',
      ':/bench/src',
      ':/bench/peers',
    );
    return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : '-dirty');
  } catch {
    return 'unknown';
  }
}
