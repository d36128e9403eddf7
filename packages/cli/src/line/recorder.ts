import { AscError } from '@asc/core';
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';

/** What a program that records says of itself, at most. */
const SAID_CHARACTERS = 300;

/** A call that writes raw samples, 16 bit little-endian mono, to its standard output. */
export interface RecorderCall {
  readonly program: string;
  readonly words: readonly string[];
}

/** Sound from a microphone, by a program of the user's. */
export interface Recorder {
  readonly program: string;
  readonly output: Readable;
  /** Settles when the program has ended. @throws AscError where it failed and was not stopped. */
  ended(): Promise<void>;
  stop(): void;
}

/** The calls that can record on a platform, the best first; without a `device`, the default one's. */
export function recorderCalls(platform: NodeJS.Platform, sampleRateHz: number, device?: string): RecorderCall[] {
  const rate = String(sampleRateHz);
  const ffmpeg = (driver: string, input: string): RecorderCall => ({
    program: 'ffmpeg',
    words: `-hide_banner -loglevel error -nostdin -f ${driver} -i`
      .split(' ')
      .concat([input, ...`-ac 1 -ar ${rate} -f s16le -`.split(' ')]),
  });
  const sox = (driver: string): RecorderCall => ({
    program: 'sox',
    words: ['-q', ...(device === undefined ? ['-d'] : ['-t', driver, device])].concat(
      `-t raw -e signed-integer -b 16 -L -c 1 -r ${rate} -`.split(' '),
    ),
  });
  if (platform === 'darwin') return [ffmpeg('avfoundation', `:${device ?? 'default'}`), sox('coreaudio')];
  if (platform === 'win32') {
    return [...(device === undefined ? [] : [ffmpeg('dshow', `audio=${device}`)]), sox('waveaudio')];
  }
  const chosen = device === undefined ? [] : ['-D', device];
  const arecord = { program: 'arecord', words: `-q -t raw -f S16_LE -c 1 -r ${rate}`.split(' ').concat(chosen) };
  return [arecord, ffmpeg('alsa', device ?? 'default'), sox('alsa')];
}

/**
 * Starts the first of the calls whose program is on this machine.
 *
 * @throws AscError where none is.
 */
export async function startRecorder(calls: readonly RecorderCall[]): Promise<Recorder> {
  for (const call of calls) {
    const recorder = await start(call);
    if (recorder !== undefined) return recorder;
  }
  const programs = [...new Set(calls.map(({ program }) => program))];
  throw new AscError({
    what: 'A microphone is heard through a program of yours, and there is none.',
    expected: `one of ${programs.join(', ')} on the PATH`,
    received: 'none of them',
    hint: 'Install one, or pipe raw samples in: some-program | asc listen FILE.onnx - --rate 48000 --format s16le',
  });
}

/** `undefined` where there is no such program. */
async function start({ program, words }: RecorderCall): Promise<Recorder | undefined> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-SAID_CHARACTERS)));
  const end = new Promise<number | null>((resolve) => child.once('close', resolve));
  const missing = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    child.once('spawn', () => resolve(undefined));
    child.once('error', resolve);
  });
  if (missing?.code === 'ENOENT') return undefined;
  if (missing !== undefined) throw failed(program, missing.message);
  let stopped = false;
  return {
    program,
    output: child.stdout,
    async ended() {
      const code = await end;
      if (code !== 0 && !stopped) throw failed(program, said.trim() || `exit ${code ?? child.signalCode}`);
    },
    stop() {
      stopped = true;
      kill(child);
    },
  };
}

function kill(child: ChildProcess): void {
  child.kill('SIGTERM');
  child.stdout?.destroy();
  // One that does not listen does not keep us.
  child.unref();
}

function failed(program: string, said: string): AscError {
  return new AscError({
    what: `${program} could not record.`,
    received: said.replace(/\s+/g, ' '),
    hint: 'Name another microphone with --device, or pipe raw samples in with `-`.',
  });
}
