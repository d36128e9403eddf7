import { DataError } from '@asc/core';
import { decodeOnnx, getModelCard } from '@asc/onnx';
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the built site. */
export interface SiteFile {
  readonly name: string;
  readonly bytes: number;
}

const compiled = fileURLToPath(new URL('../', import.meta.url));
const pages = join(compiled, '../public');
const require = createRequire(import.meta.url);

/**
 * Builds the page into the folder `out`, whole or not at all: scripts, workers, ONNX Runtime's WebAssembly, the model. Nothing
 * in it asks another server for anything.
 *
 * @throws DataError where the model is missing or is no classifier of this toolkit.
 */
export async function buildSite(options: { readonly model: string; readonly out: string }): Promise<SiteFile[]> {
  const model = await readModel(options.model);
  const partial = `${options.out}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await cp(pages, partial, { recursive: true });
  await writeFile(join(partial, 'model.onnx'), model);
  await cp(join(runtimeFolder(), WASM), join(partial, WASM));
  await bundle(partial);
  const files = await listFiles(partial);
  await bundleServiceWorker(partial, files);
  await rm(options.out, { recursive: true, force: true });
  await rename(partial, options.out);
  return listFiles(options.out);
}

/** The smallest of ONNX Runtime's builds: processor only, SIMD. */
const WASM = 'ort-wasm-simd-threaded.wasm';

const runtimeFolder = (): string => dirname(require.resolve('onnxruntime-web/wasm'));

async function readModel(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DataError(
      {
        what: `There is no model at ${path}.`,
        hint: 'Make one with `npm run quickstart` (about two minutes), or name another: --model FILE.onnx',
      },
      { cause },
    );
  });
  getModelCard(decodeOnnx(bytes));
  return bytes;
}

async function bundle(out: string): Promise<void> {
  await build({
    entryPoints: {
      app: join(compiled, 'page/app.js'),
      'classifier-worker': require.resolve('@asc/runtime/page-worker'),
      'capture-worklet': join(compiled, 'page/capture-worklet.js'),
      'lesson-worker': join(compiled, 'personal/lesson-worker.js'),
    },
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'linked',
    // Only code that a page never reaches asks for these.
    external: ['node:*', 'onnxruntime-node'],
    logLevel: 'error',
  });
}

async function bundleServiceWorker(out: string, files: readonly SiteFile[]): Promise<void> {
  const names = files.map(({ name }) => name).filter((name) => !name.endsWith('.LEGAL.txt'));
  const version = createHash('sha256');
  for (const name of names) version.update(name).update(await readFile(join(out, name)));
  await build({
    entryPoints: [join(compiled, 'page/service-worker.js')],
    outfile: join(out, 'service-worker.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    define: {
      SITE_VERSION: JSON.stringify(version.digest('hex').slice(0, 16)),
      // The folder itself is the page, too.
      SITE_FILES: JSON.stringify(['./', ...names]),
    },
    logLevel: 'error',
  });
}

async function listFiles(folder: string): Promise<SiteFile[]> {
  const names = (await readdir(folder)).toSorted();
  return Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })));
}
