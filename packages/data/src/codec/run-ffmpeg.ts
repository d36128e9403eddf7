import { spawn } from 'node:child_process';
import { AscError } from '@asc/core';

/** Most of what ffmpeg says that an error repeats. */
const SAID_CHARACTERS = 300;

/**
 * Runs the user's ffmpeg with `words`, gives it `input` and returns what it writes to its standard output.
 *
 * @throws {AscError} there is no such program, or it failed: with the last of what it said.
 */
export async function runFfmpeg(program: string, words: readonly string[], input?: Uint8Array): Promise<Buffer> {
  const child = spawn(program, ['-hide_banner', '-loglevel', 'error', '-nostdin', ...words], {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-SAID_CHARACTERS)));
  // A program that ends early closes its input: its exit tells why.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) => reject(notRun(program, cause)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(out));
      else reject(failed(program, said.trim() || `exit ${code ?? signal}`));
    });
  });
}

/** The first line of what the user's ffmpeg says of itself. @throws {AscError} it cannot be run. */
export async function ffmpegVersion(program = 'ffmpeg'): Promise<string> {
  return (await runFfmpeg(program, ['-version'])).toString('utf8').split('\n')[0] ?? '';
}

function notRun(program: string, cause: NodeJS.ErrnoException): AscError {
  return new AscError(
    {
      what: `Real MP3 and AAC are coded by the program ffmpeg, and "${program}" cannot be run.`,
      expected: 'ffmpeg on this machine, with libmp3lame for MP3',
      received: cause.code ?? cause.message,
      hint: 'Install ffmpeg so that `ffmpeg -version` works, or use simulated coding, which needs no program.',
    },
    { cause },
  );
}

function failed(program: string, said: string): AscError {
  return new AscError({
    what: `${program} could not code a recording.`,
    received: said.replace(/\s+/g, ' '),
    hint: 'Check that `ffmpeg -encoders` lists libmp3lame (MP3) and aac, and that the disk for temporary files has room.',
  });
}
