/** `build` makes the page; `serve` makes it and shows it on this machine; `measure` opens it in a headless Chromium. */
import { AscError } from '@asc/core';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measurePage } from './measure-page.js';
import { buildSite } from './build-site.js';
import { serveSite } from './serve-site.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: here('../../../../quickstart/model.fp32.onnx') },
    out: { type: 'string', default: here('../../site') },
    port: { type: 'string', default: '8080' },
  },
});

try {
  const files = await buildSite(values);
  for (const { name, bytes } of files) console.log(`${String(bytes).padStart(10)}  ${name}`);
  console.log(`${String(files.reduce((sum, { bytes }) => sum + bytes, 0)).padStart(10)}  bytes in ${values.out}`);
  if (positionals[0] === 'measure') {
    const { loadedBytes, laterBytes, browser, speed } = await measurePage(values.out);
    console.log(`${String(loadedBytes).padStart(10)}  bytes sent, compressed, until the page was ready`);
    console.log(`${String(laterBytes).padStart(10)}  bytes more until it works without a network`);
    console.log(`${browser}, a recording of 40 s. ${speed}`);
  }
  if (positionals[0] === 'serve') {
    const { url } = await serveSite(values.out, Number(values.port));
    console.log(`open ${url} (Ctrl-C stops)`);
  }
} catch (error) {
  if (!(error instanceof AscError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
