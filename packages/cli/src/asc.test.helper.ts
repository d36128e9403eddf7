import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../bin/asc.mjs', import.meta.url));

/** How a child process ended, and what it said. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface AscOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with everything said so far, whenever something is said; may send a signal. */
  readonly onOutput?: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs the built `asc` as users do: a process of its own, no terminal. */
export function asc(words: readonly string[], options: AscOptions = {}): Promise<Outcome> {
  const { cwd, env = {}, onOutput } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...words], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onOutput?.(stdout, (signal) => child.kill(signal));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A folder of its own for `work`, gone afterwards. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'asc-cli-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A recipe that trains in a few seconds on the set {@link makeScenes} makes. */
export const TINY_RECIPE = {
  name: 'tiny',
  dataset: { kind: 'synthetic', root: 'scenes' },
  features: { preset: 'amfm-small', overrides: { bands: 16 } },
  clip: { seconds: 1 },
  augment: { timeRoll: true, mixup: { alpha: 0.2 }, timeMask: { count: 1, maxWidth: 8 } },
  model: { preset: 'amfm-small' },
  task: { kind: 'extended-mtl' },
  optimiser: { kind: 'adam', learningRate: 2e-3 },
  batchSize: 16,
  epochs: 3,
} as const;

/** Words that make a small set as `scenes`, its recordings longer than a window of the recipe; at least 15 clips a scene. */
export function makeScenes(clipsPerScene: number): string[] {
  return ['dataset', 'synth', '--out', 'scenes', '--clips-per-scene', `${clipsPerScene}`, '--clip-seconds', '1.5'];
}
