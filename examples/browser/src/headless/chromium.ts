import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Chromium on this machine: `CHROMIUM`, or in the path; `undefined` where there is none. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

type Answer = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Json;
  readonly sessionId?: string;
} & {
  readonly result?: Json;
  readonly error?: { readonly message: string };
};
type Json = Record<string, unknown>;

/** A headless Chromium with one page, driven over a pipe by the DevTools protocol. Its microphone hears `sound`, a WAV file. */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #last = 0;
  #session: string | undefined;
  #buffer = '';
  /** Errors of the page and its workers: console, exceptions, failed loads. */
  readonly errors: string[] = [];

  private constructor(program: string, sound: string) {
    this.#profile = mkdtempSync(join(tmpdir(), 'asc-chromium-'));
    this.#process = spawn(
      program,
      [
        '--headless=new',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--no-first-run',
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${sound}`,
        '--autoplay-policy=no-user-gesture-required',
        '--remote-debugging-pipe',
        `--user-data-dir=${this.#profile}`,
        'about:blank',
      ],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    );
    (this.#process.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => this.#take(text));
    const fail = (): void => {
      for (const answer of this.#waiting.values()) answer({ error: { message: 'Chromium has ended' } });
      this.#waiting.clear();
    };
    (this.#process.stdio[3] as Writable).on('error', fail);
    this.#process.on('error', fail).on('exit', fail);
  }

  static async start(program: string, sound: string): Promise<Chromium> {
    const chromium = new Chromium(program, sound);
    const { targetInfos } = (await chromium.#call('Target.getTargets')) as { targetInfos: Json[] };
    const { targetId } = targetInfos.find(({ type }) => type === 'page')!;
    const { sessionId } = await chromium.#call('Target.attachToTarget', { targetId, flatten: true });
    chromium.#session = sessionId as string;
    for (const domain of ['Page', 'Runtime', 'Log', 'Network', 'DOM']) await chromium.send(`${domain}.enable`);
    await chromium.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: true });
    return chromium;
  }

  /** Calls the page's DevTools. */
  send(method: string, params: Json = {}): Promise<Json> {
    return this.#call(method, params, this.#session);
  }

  async open(url: string): Promise<void> {
    await this.send('Page.navigate', { url });
    await this.until('document.readyState === "complete"', 'the page to load');
  }

  /** The value of an expression in the page; promises are waited for. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
      userGesture: true,
    })) as { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } };
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? expression);
    return result.value;
  }

  /** Waits until an expression in the page is true. */
  async until(expression: string, what: string, seconds = 60): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    while (!(await this.evaluate<boolean>(`Boolean(${expression})`))) {
      if (performance.now() > deadline) {
        const text = await this.evaluate<string>('document.body.innerText');
        throw new Error(`waited ${seconds} s for ${what}\n${this.errors.join('\n')}\n${text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Puts files into a file input of the page. */
  async chooseFiles(selector: string, files: readonly string[]): Promise<void> {
    const { root } = (await this.send('DOM.getDocument')) as { root: { nodeId: number } };
    const { nodeId } = await this.send('DOM.querySelector', { nodeId: root.nodeId, selector });
    await this.send('DOM.setFileInputFiles', { files, nodeId });
  }

  /** A picture of the whole page (PNG) at this width, in CSS pixels. */
  async screenshot(width: number, scheme: 'light' | 'dark' = 'light'): Promise<Buffer> {
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.send('Emulation.setEmulatedMedia', { features });
    const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 };
    await this.send('Emulation.setDeviceMetricsOverride', metrics);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { cssContentSize } = (await this.send('Page.getLayoutMetrics')) as { cssContentSize: Json };
    const clip = { ...cssContentSize, scale: 1 };
    const { data } = await this.send('Page.captureScreenshot', { clip, captureBeyondViewport: true });
    return Buffer.from(data as string, 'base64');
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.pid !== undefined) {
      const gone = new Promise((resolve) => this.#process.once('exit', resolve));
      await this.#call('Browser.close').catch(() => this.#process.kill('SIGKILL'));
      await gone;
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #call(method: string, params: Json = {}, sessionId?: string): Promise<Json> {
    const id = ++this.#last;
    const pipe = this.#process.stdio[3] as Writable;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
      pipe.write(`${JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) })}\0`);
    });
  }

  #take(text: string): void {
    const messages = (this.#buffer + text).split('\0');
    this.#buffer = messages.pop() ?? '';
    for (const message of messages) {
      const answer = JSON.parse(message) as Answer;
      if (answer.id === undefined) this.#hear(answer);
      else {
        this.#waiting.get(answer.id)?.(answer);
        this.#waiting.delete(answer.id);
      }
    }
  }

  #hear({ method, params = {}, sessionId }: Answer): void {
    if (method === 'Target.attachedToTarget') {
      // A worker: its console counts, too.
      const { sessionId: worker } = params as { sessionId: string };
      for (const domain of ['Runtime', 'Log']) void this.#call(`${domain}.enable`, {}, worker).catch(() => {});
    }
    if (method === 'Runtime.exceptionThrown' || (method === 'Runtime.consoleAPICalled' && params['type'] === 'error')) {
      this.errors.push(`${sessionId === this.#session ? 'page' : 'worker'}: ${JSON.stringify(params)}`);
    }
    if (method === 'Log.entryAdded') {
      const { level, text, url } = (params as { entry: Record<string, string> }).entry;
      if (level === 'error') this.errors.push(`${text} ${url}`);
    }
  }
}
