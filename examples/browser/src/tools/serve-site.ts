import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.onnx': 'application/octet-stream',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** A running server. */
export interface SiteServer {
  readonly url: string;
  /** Bytes of the bodies sent so far, as they went over the wire. */
  bytesSent(): number;
  /** Safe to call twice. */
  close(): Promise<void>;
}

const compress = promisify(gzip);

/** Serves the files of one folder, compressed, to this machine only: a page from localhost may use the microphone. */
export async function serveSite(folder: string, port = 0): Promise<SiteServer> {
  const files = new Map<string, Promise<KeptFile>>();
  let sent = 0;
  const server = createServer((request, response) => {
    const [path = '/'] = (request.url ?? '/').split('?');
    // The site is one flat folder: nothing above or below it can be asked for.
    const name = path === '/' ? 'index.html' : path.slice(1);
    const type = TYPES[extname(name)];
    const refuse = (): void => void response.writeHead(404).end('no such file');
    if (type === undefined || name !== basename(name)) return refuse();
    const zipped = request.headers['accept-encoding']?.includes('gzip') ?? false;
    fileOf(files, join(folder, name)).then(({ plain, packed, tag }) => {
      const headers = { 'content-type': type, 'cache-control': 'no-cache', etag: tag, vary: 'accept-encoding' };
      if (request.headers['if-none-match'] === tag) return response.writeHead(304, headers).end();
      const body = zipped ? packed : plain;
      sent += body.length;
      const length = { 'content-length': body.length, ...(zipped && { 'content-encoding': 'gzip' }) };
      return response.writeHead(200, { ...headers, ...length }).end(body);
    }, refuse);
  });
  await listening(server, port);
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${taken}/`,
    bytesSent: () => sent,
    close: () =>
      new Promise((resolve) => {
        // A server that is closed already says so in an error that nobody needs.
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A file in memory, as it is and compressed, with a tag of its content. */
interface KeptFile {
  readonly plain: Buffer;
  readonly packed: Buffer;
  readonly tag: string;
}

async function readKept(path: string): Promise<KeptFile> {
  const plain = await readFile(path);
  const tag = `"${createHash('sha256').update(plain).digest('base64url')}"`;
  return { plain, packed: await compress(plain), tag };
}

function fileOf(files: Map<string, Promise<KeptFile>>, path: string): Promise<KeptFile> {
  const known = files.get(path) ?? readKept(path);
  files.set(path, known);
  return known;
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, 'localhost', resolve);
  });
}
