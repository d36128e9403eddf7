import { retryAfterMs } from './retry-after.js';

/** The server will not give this file, however often it is asked. */
export class Refused extends Error {}

/** The server, or the way to it, failed for now. */
export class Unsteady extends Error {
  /** How long the server asked to wait. */
  readonly waitMs: number | undefined;
  constructor(message: string, options: { readonly waitMs?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.waitMs = options.waitMs;
  }
}

/** Nobody answers under this name: waiting helps only where somebody did before. */
export class Unreachable extends Unsteady {}

/** The server has no such range: what is there cannot be gone on with. */
export class RangeGone extends Unsteady {}

/** The rest of a file, from byte `start` on. */
export interface Rest {
  readonly start: number;
  /** What the server calls this version of the file, to be asked for again. */
  readonly version: string | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface RestRequest {
  readonly url: string;
  /** Bytes that are there already. */
  readonly have: number;
  /** What the server called the version they are of. */
  readonly version: string | undefined;
  /** Bytes of the whole file. */
  readonly bytes: number;
  /** A server silent for this long has failed. */
  readonly idleMs: number;
  readonly signal?: AbortSignal | undefined;
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such name',
  EAI_AGAIN: 'its name cannot be looked up',
  EHOSTUNREACH: 'no way to it',
  ENETUNREACH: 'no network',
  EADDRNOTAVAIL: 'no such address',
  ETIMEDOUT: 'no answer',
  UND_ERR_CONNECT_TIMEOUT: 'no answer',
};
const BUSY = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Asks for what is missing of a file: by range where some is there. A server that ignores ranges, or has another version, sends all
 * of it (`start` 0).
 *
 * @throws {Unsteady} (also while reading) worth another try. @throws {Refused} not worth one. Rejects with the signal's reason when aborted.
 */
export async function requestRest(request: RestRequest): Promise<Rest> {
  const { url, have, version, bytes, signal } = request;
  const watch = new IdleWatch(request.idleMs, signal);
  try {
    const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'asc-data' };
    if (have > 0) headers['range'] = `bytes=${have}-`;
    if (have > 0 && version !== undefined) headers['if-range'] = version;
    const response = await fetch(url, { headers, signal: watch.signal });
    const { body } = response;
    try {
      const start = startOf(response, have, bytes);
      if (body === null) throw new Unsteady('an answer without content');
      return { start, version: versionOf(response), chunks: watched(body, watch, bytes - start) };
    } catch (error) {
      await body?.cancel();
      throw error;
    }
  } catch (error) {
    watch.stop();
    throw translate(error, watch, signal, new URL(url).host);
  }
}

/** First byte of what the answer holds. */
function startOf(response: Response, have: number, bytes: number): number {
  const { status, headers } = response;
  if (status === 416) throw new RangeGone('the server has no such range');
  if (BUSY.has(status)) {
    const waitMs = retryAfterMs(headers.get('retry-after'), Date.now());
    throw new Unsteady(`the server answered ${status}`, { waitMs });
  }
  if (status !== 200 && status !== 206)
    throw new Refused(`the server answered ${status} ${response.statusText}`.trim());
  if (status === 200) {
    const length = headers.get('content-length');
    const encoded = headers.get('content-encoding') !== null;
    if (length !== null && !encoded && Number(length) !== bytes) {
      throw new Refused(`a file of ${length} bytes, where ${bytes} were published`);
    }
    return 0;
  }
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  if (total !== undefined && total !== '*' && Number(total) !== bytes) {
    throw new Refused(`a file of ${total} bytes, where ${bytes} were published`);
  }
  if (Number(from) !== have) throw new RangeGone('the server sent another range');
  return have;
}

function versionOf({ headers }: Response): string | undefined {
  const etag = headers.get('etag');
  // A weak tag does not promise equal bytes.
  if (etag !== null && !etag.startsWith('W/')) return etag;
  return headers.get('last-modified') ?? undefined;
}

async function* watched(
  body: ReadableStream<Uint8Array>,
  watch: IdleWatch,
  expected: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of body) {
      watch.moved();
      bytes += chunk.length;
      if (bytes > expected) throw new Refused('more bytes than were published');
      yield chunk;
      // Our own writing to disk is none of the server's fault.
      watch.moved();
    }
  } catch (error) {
    throw translate(error, watch, watch.outer);
  } finally {
    watch.stop();
  }
}

function translate(error: unknown, watch: IdleWatch, signal: AbortSignal | undefined, asked?: string): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (error instanceof Refused || error instanceof Unsteady) return error;
  if (watch.expired) return new Unsteady(`silence for ${watch.idleMs / 1000} s`, { cause: error });
  const { cause, message } = error as Error;
  const { code, message: why, hostname } = (cause ?? {}) as NodeJS.ErrnoException & { readonly hostname?: string };
  const unreachable = UNREACHABLE[code ?? ''];
  if (asked !== undefined && unreachable !== undefined)
    // A server may send on to another, whose name the failed look-up tells.
    return new Unreachable(`cannot reach ${hostname ?? asked} (${unreachable})`, { cause: error });
  // Ports of other services, which `fetch` never asks: another try cannot help.
  if (why === 'bad port') return new Refused(`${asked ?? 'the address'} has a port that is never asked`, { cause: error });
  return new Unsteady(`a connection that failed (${code ?? why ?? message})`, { cause: error });
}

/** Aborts a request when nothing has moved for a while. */
class IdleWatch {
  readonly idleMs: number;
  readonly outer: AbortSignal | undefined;
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(idleMs: number, outer: AbortSignal | undefined) {
    this.idleMs = idleMs;
    this.outer = outer;
    const own = this.#controller.signal;
    this.signal = outer === undefined ? own : AbortSignal.any([outer, own]);
    this.#timer = setTimeout(() => this.#controller.abort(), idleMs);
  }

  get expired(): boolean {
    return this.#controller.signal.aborted;
  }

  moved(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
