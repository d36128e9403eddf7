import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import type { DatasetArchive, DatasetEntry } from '../dataset/catalogue.js';

/** What a server does with one request instead of answering it well. */
export type Fault = (request: IncomingMessage, response: ServerResponse, file: Buffer) => void;

/** A server of files that misbehaves as told: each fault is used up by one request. */
export interface FaultServer {
  readonly url: string;
  readonly requests: {
    readonly file: string;
    readonly range: string | undefined;
    readonly ifRange: string | undefined;
  }[];
  readonly faults: Fault[];
  /** What is done when no fault is left. */
  usual: Fault;
  close(): Promise<void>;
}

/** The strong `ETag` of a file. */
export function etagOf(file: Buffer): string {
  return `"${createHash('md5').update(file).digest('hex')}"`;
}

/** Answers as a good server does: ranges, `ETag`, `If-Range`, 416. */
export const wellBehaved: Fault = (request, response, file) => {
  const tag = etagOf(file);
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const sameVersion = [undefined, tag].includes(request.headers['if-range'] as string | undefined);
  const from = range !== null && sameVersion ? Number(range[1]) : 0;
  response.setHeader('etag', tag);
  if (from >= file.length) {
    response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
    return;
  }
  const partial = from > 0 ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': file.length - from, ...partial });
  response.end(file.subarray(from));
};

/** Starts a server of `files` on this machine. */
export async function faultServer(files: Readonly<Record<string, Buffer>>): Promise<FaultServer> {
  const requests: FaultServer['requests'] = [];
  const faults: Fault[] = [];
  const server: Server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1);
    const { range, 'if-range': ifRange } = request.headers;
    requests.push({ file: name, range, ifRange: ifRange as string | undefined });
    const file = files[name];
    if (file === undefined) response.writeHead(404).end('no such file');
    else (faults.shift() ?? self.usual)(request, response, file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: FaultServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    usual: wellBehaved,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}

/** A set of archives as the catalogue would have it. */
export function entryOf(files: Readonly<Record<string, Buffer>>, url: string): DatasetEntry {
  const archives = Object.entries(files).map(([file, content]): DatasetArchive => ({
    file,
    url: `${url}/${file}`,
    bytes: content.length,
    md5: createHash('md5').update(content).digest('hex'),
  }));
  const words = { title: 'A set', year: 2020, licence: 'CC0', citation: 'none', page: url } as const;
  return { name: 'tiny', layout: 'tau', folder: 'tiny-set', ...words, archives, facts: {} };
}
