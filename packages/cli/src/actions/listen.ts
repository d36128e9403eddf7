import { DataError, UsageError } from '@asc/core';
import { loadClassifier, type Classifier, type SceneDecision } from '@asc/runtime';
import type { Readable } from 'node:stream';
import type { CommandContext, CommandResult } from '../command/command-context.js';
import type { ListenOptions } from '../commands/listen.js';
import { rawSamples, type RawFormat } from '../line/raw-samples.js';
import { recorderCalls, startRecorder } from '../line/recorder.js';
import { formatClock, formatPercent } from '../terminal/format.js';
import type { Terminal } from '../terminal/terminal.js';

/** Where sound comes from: raw samples of one channel. */
interface SoundSource {
  readonly output: Readable;
  readonly format: RawFormat;
  readonly sampleRateHz: number;
  /** It does not wait for us. */
  readonly live: boolean;
  readonly name: string;
  ended(): Promise<void>;
  stop(): void;
}

/** Hears a microphone or a pipe and tells the scene at every hop, until the sound ends or Ctrl-C. */
export async function listen(
  path: string,
  input: string | undefined,
  options: ListenOptions,
  { terminal, signal, stdin }: CommandContext,
): Promise<CommandResult> {
  const device = deviceOf(input, options);
  const classifier = await loadClassifier(path);
  try {
    const source = device === '-' ? pipedSound(stdin, options, classifier) : await recordedSound(device, classifier);
    try {
      terminal.note(`listening to ${source.name}; Ctrl-C ends it`);
      const last = await tell(classifier, source, options, { terminal, signal });
      if (!signal.aborted && !terminal.readerLeft) await source.ended();
      if (last === undefined && !signal.aborted && !terminal.readerLeft) {
        throw new DataError({ what: `No sound came from ${source.name}.`, hint: 'Look at what should send it.' });
      }
      // The live line goes; what it said last stays.
      return { json: undefined, text: terminal.interactive && last !== undefined ? last : '' };
    } finally {
      source.stop();
    }
  } finally {
    await classifier.close();
  }
}

/** A microphone's name, `-` for standard input, or nothing for the default microphone. */
function deviceOf(input: string | undefined, { device, rate, format }: ListenOptions): string | undefined {
  if (input !== undefined && (input !== '-' || device !== undefined)) {
    throw new UsageError({
      what: device === undefined ? `"${input}" is nothing to listen to.` : 'Two sources of sound are named.',
      expected: '`-` for raw samples on standard input, or --device NAME for a microphone',
      hint: 'For a recording: asc predict FILE.onnx RECORDING',
    });
  }
  const chosen = input ?? device;
  if (chosen !== '-' && (rate !== undefined || format !== undefined)) {
    throw new UsageError({
      what: '--rate and --format describe raw samples on standard input.',
      hint: 'Add `-` to hear standard input, or leave them out: a microphone is asked for what the model takes.',
    });
  }
  return chosen;
}

function pipedSound(
  stdin: CommandContext['stdin'],
  { rate, format = 's16le' }: ListenOptions,
  { card }: Classifier,
): SoundSource {
  if (stdin.isTTY === true) {
    throw new UsageError({
      what: 'Standard input is a keyboard.',
      expected: 'raw samples through a pipe or from a file',
      hint: 'Leave out `-` to hear the microphone.',
    });
  }
  return {
    output: stdin,
    format,
    sampleRateHz: rate ?? card.sampleRateHz,
    live: false,
    name: 'standard input',
    ended: async () => {},
    stop: () => void stdin.destroy(),
  };
}

async function recordedSound(device: string | undefined, { card: { sampleRateHz } }: Classifier): Promise<SoundSource> {
  const recorder = await startRecorder(recorderCalls(process.platform, sampleRateHz, device));
  const name = `the microphone through ${recorder.program}`;
  return { ...recorder, format: 's16le', sampleRateHz, live: true, name };
}

/** Tells every decision, and gives the last as text. */
async function tell(
  classifier: Classifier,
  { output, format, sampleRateHz, live }: SoundSource,
  { hop, average, top }: ListenOptions,
  { terminal, signal }: Pick<CommandContext, 'terminal' | 'signal'>,
): Promise<string | undefined> {
  const stream = classifier.stream({ sampleRateHz, live, top, hopSeconds: hop, average });
  let last: string | undefined;
  let readerLeft = false;
  const show = async (decisions: readonly SceneDecision[]): Promise<void> => {
    for (const decision of decisions) last = showDecision(decision, terminal);
    // A slow reader of ours slows the source down; one that left ends it.
    await terminal.flush();
    if (!terminal.readerLeft) return;
    readerLeft = true;
    output.destroy();
  };
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    output.destroy();
  };
  try {
    for await (const piece of rawSamples(output, format, signal)) {
      const shown = stream.push(piece).then(show);
      // A microphone goes on while the model thinks.
      if (live) shown.catch(fail);
      else await shown;
    }
    if (!signal.aborted) await stream.flush().then(show);
    if (failure !== undefined) throw failure;
  } catch (error) {
    if (!readerLeft) throw failure ?? error;
  } finally {
    stream.close();
  }
  return last;
}

function showDecision({ atSeconds, top, silent, skipped }: SceneDecision, terminal: Terminal): string {
  const guesses = top.map(({ scene, probability }) => `${scene} ${formatPercent(probability)}`);
  const line = `${formatClock(atSeconds)}  ${guesses.join('  ')}${silent ? '  (silent: this means nothing)' : ''}`;
  if (terminal.json) terminal.line({ atSeconds, top, silent, skipped });
  else if (terminal.interactive) terminal.live([line]);
  else terminal.print(line);
  return line;
}
