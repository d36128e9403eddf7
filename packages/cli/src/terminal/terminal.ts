import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';

/** What a command line writes to: the parts of `process.stdout` and `process.stderr` that are used. */
export interface Sink {
  write(text: string, done?: (error?: Error | null) => void): unknown;
  on?(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface TerminalOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** One JSON document on stdout and nothing else there. */
  readonly json: boolean;
  readonly color?: boolean;
}

/** Colours of picocolors, or plain text. */
export type Palette = ReturnType<typeof pc.createColors>;

/**
 * Where a command speaks. Results and lines of a log go to stdout, in plain text or as one JSON document; notes and the live
 * block go to stderr, and only where somebody watches.
 */
export class Terminal {
  readonly json: boolean;
  readonly palette: Palette;
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  #live: readonly string[] = [];
  #closed = false;
  #failure: Error | undefined;

  constructor(options: TerminalOptions) {
    this.json = options.json;
    this.palette = pc.createColors(options.color ?? false);
    this.#stdout = options.stdout;
    this.#stderr = options.stderr;
    // A reader that left (`asc models | head -1`) is no failure: what it did not want is not written.
    for (const sink of [this.#stdout, this.#stderr]) {
      sink.on?.('error', (error) => {
        if (sink === this.#stdout) this.#closed = true;
        if (error.code !== 'EPIPE') this.#failure ??= error;
      });
    }
  }

  /** Whether somebody watches stderr. */
  get watched(): boolean {
    return this.#stderr.isTTY === true;
  }

  /** Whether somebody watches both streams, so that a live block says it all. */
  get interactive(): boolean {
    return this.watched && this.#stdout.isTTY === true;
  }

  /** Whether whoever read stdout has left: what is still to be said is for nobody. */
  get readerLeft(): boolean {
    return this.#closed;
  }

  /** Columns of the watched terminal. */
  get columns(): number {
    return this.#stderr.columns ?? 80;
  }

  /** A line of the command's ordinary output; nothing under `--json`. */
  print(text: string): void {
    if (this.json) return;
    this.#between(() => this.#toStdout(`${text}\n`));
  }

  /** The one JSON document. */
  document(value: unknown): void {
    this.#between(() => this.#toStdout(`${JSON.stringify(value, null, 2)}\n`));
  }

  /** One JSON document of many, on a line of its own. */
  line(value: unknown): void {
    this.#between(() => this.#toStdout(`${JSON.stringify(value)}\n`));
  }

  /** Waits until stdout has it all. @throws what kept it from that, e.g. a full disk; a reader that left is no failure. */
  async flush(): Promise<void> {
    if (!this.#closed) await new Promise<void>((resolve) => this.#stdout.write('', () => resolve()));
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** A passing remark, for whoever watches. */
  note(text: string): void {
    if (this.watched) this.#between(() => this.#stderr.write(`${text}\n`));
  }

  /** An error: always written, whoever watches. */
  error(text: string): void {
    this.#between(() => this.#stderr.write(`${text}\n`));
  }

  /** Replaces the live block by `lines`, each cut to the terminal's width; none takes it away. */
  live(lines: readonly string[]): void {
    if (!this.watched) return;
    this.#erase();
    this.#live = lines.map((line) => cut(line, this.columns - 1));
    this.#draw();
  }

  #between(write: () => void): void {
    this.#erase();
    write();
    this.#draw();
  }

  #erase(): void {
    if (this.#live.length === 0) return;
    this.#stderr.write(`\r\u001B[2K${'\u001B[1A\u001B[2K'.repeat(this.#live.length - 1)}`);
  }

  #draw(): void {
    if (this.#live.length > 0) this.#stderr.write(this.#live.join('\n'));
  }

  #toStdout(text: string): void {
    if (!this.#closed) this.#stdout.write(text);
  }
}

/** The width of a text on the screen: escape sequences take none. */
export function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

function cut(line: string, width: number): string {
  return widthOf(line) <= width ? line : `${stripVTControlCharacters(line).slice(0, Math.max(0, width - 1))}…`;
}
