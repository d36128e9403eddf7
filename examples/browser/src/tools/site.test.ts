import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeOnnx } from '@asc/onnx';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyClassifier } from '../tiny-classifier.test.helper.js';
import { buildSite, type SiteFile } from './build-site.js';
import { serveSite, type SiteServer } from './serve-site.js';

const folder = mkdtempSync(join(tmpdir(), 'asc-site-'));
const out = join(folder, 'site');
const model = join(folder, 'model.onnx');
let files: SiteFile[];
let server: SiteServer;

beforeAll(async () => {
  writeFileSync(model, encodeOnnx(tinyClassifier()));
  files = await buildSite({ model, out });
  server = await serveSite(out);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const text = (name: string): string => readFileSync(join(out, name), 'utf8');
const scripts = (): SiteFile[] => files.filter(({ name }) => name.endsWith('.js'));

describe('the built site', () => {
  it('is smaller than 15 MB, uncompressed', () => {
    expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(15e6);
  });

  it('holds every file that its pages, scripts and workers name, and asks no other server', () => {
    const names = files.map(({ name }) => name);
    const html = text('index.html');
    const linked = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, name]) => name!);
    const imported = scripts().flatMap(({ name }) =>
      [...text(name).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']/g)].map(([, path]) => path!.slice(2)),
    );
    const started = ['classifier-worker.js', 'lesson-worker.js', 'capture-worklet.js', 'service-worker.js'];
    for (const name of [...linked, ...imported, ...started, 'ort-wasm-simd-threaded.wasm'])
      expect(names).toContain(name);
    const abroad = /(?:fetch|import|importScripts)\(\s*["']https?:/;
    expect(scripts().filter(({ name }) => abroad.test(text(name)))).toEqual([]);
  });

  it('carries no package of Node', () => {
    // ONNX Runtime itself asks for Node's modules where it finds itself in Node.
    const own = scripts().filter(({ name }) => !text(name).includes('OnnxruntimeWebAssemblyBackend'));
    expect(own.length).toBeGreaterThan(4);
    expect(own.filter(({ name }) => /["'`](?:node:|onnxruntime-node)/.test(text(name)))).toEqual([]);
  });

  it('is kept whole by its service worker, under a version that follows the files', async () => {
    const worker = text('service-worker.js');
    for (const { name } of files) {
      if (name !== 'service-worker.js' && !name.endsWith('.txt'))
        expect([name, worker.includes(`"${name}"`)]).toEqual([name, true]);
    }
    await buildSite({ model, out });
    expect(text('service-worker.js') === worker).toBe(true);
    const other = join(folder, 'other.onnx');
    writeFileSync(other, encodeOnnx({ ...tinyClassifier(), producer: 'another' }));
    await buildSite({ model: other, out: join(folder, 'other') });
    expect(readFileSync(join(folder, 'other', 'service-worker.js'), 'utf8') === worker).toBe(false);
  });

  it('is not built without a model, nor with something else', async () => {
    await expect(buildSite({ model: join(folder, 'none.onnx'), out })).rejects.toThrow(/npm run quickstart/);
    writeFileSync(join(folder, 'bad.onnx'), 'no model');
    await expect(buildSite({ model: join(folder, 'bad.onnx'), out })).rejects.toThrow();
    expect(text('index.html')).toContain('<title>');
  });

  it('names every control, and every control it names is there', () => {
    const html = text('index.html');
    const ids = new Set([...html.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id!));
    for (const [, id] of html.matchAll(/(?:aria-labelledby|for)="([^"]+)"/g)) expect(ids).toContain(id);
    expect(html).toContain('<html lang="en">');
    for (const [tag] of html.matchAll(/<(?:canvas|progress|audio)\b[^>]*>/g)) expect(tag).toContain('aria-label=');
  });
});

describe('the server', () => {
  const ask = (path: string, headers: Record<string, string> = {}): Promise<[number, string | undefined]> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(server.url);
      request({ host: 'localhost', port, path, headers }, (response) => {
        response.resume();
        response.on('end', () => resolve([response.statusCode!, response.headers.etag]));
      })
        .on('error', reject)
        .end();
    });

  it('serves the site and nothing else', async () => {
    for (const path of ['/', '/index.html', '/app.js', '/model.onnx']) expect((await ask(path))[0]).toBe(200);
    for (const path of [
      '/../model.onnx',
      '/%2e%2e/model.onnx',
      '/none.js',
      '/x/app.js',
      '/..%2fother%2findex.html',
      '//app.js',
    ]) {
      expect([path, (await ask(path))[0]]).toEqual([path, 404]);
    }
  });

  it('does not send twice what is the same', async () => {
    const [, tag = ''] = await ask('/app.js');
    expect((await ask('/app.js', { 'if-none-match': tag }))[0]).toBe(304);
  });
});
