import { DataError } from '@asc/core';
import { renderClip, writeWav } from '@asc/data';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chromium, findChromium } from '../headless/chromium.js';
import { serveSite } from './serve-site.js';

/** What opening the page costs. */
export interface PageCost {
  /** Bodies sent, compressed, until the page was ready, and after that until it was kept. */
  readonly loadedBytes: number;
  readonly laterBytes: number;
  readonly browser: string;
  /** What the page itself says about a recording of 40 s. */
  readonly speed: string;
}

/**
 * Opens a built page in a headless Chromium and has it hear a recording.
 *
 * @throws DataError where there is no Chromium.
 */
export async function measurePage(site: string): Promise<PageCost> {
  const program = findChromium();
  if (program === undefined) {
    throw new DataError({ what: 'There is no Chromium in the path.', hint: 'Name one: CHROMIUM=/path/to/it' });
  }
  const folder = await mkdtemp(join(tmpdir(), 'asc-measure-'));
  const recording = join(folder, 'park.wav');
  await writeWav(recording, renderClip({ seed: 0, clipSeconds: 40, sampleRateHz: 44100 }, 'park-london-0-0-a.wav'));
  const server = await serveSite(site);
  const chromium = await Chromium.start(program, recording);
  try {
    await chromium.open(server.url);
    await chromium.until("document.getElementById('ready').textContent === 'Ready.'", 'the model');
    const loadedBytes = server.bytesSent();
    await chromium.until("document.getElementById('offline').textContent.startsWith('Ready')", 'the files to be kept');
    const laterBytes = server.bytesSent() - loadedBytes;
    await chromium.chooseFiles('#recording', [recording]);
    await chromium.until("document.getElementById('speed').textContent !== ''", 'the answer', 120);
    const speed = await chromium.evaluate<string>("document.getElementById('speed').textContent");
    const { product } = await chromium.send('Browser.getVersion');
    return { loadedBytes, laterBytes, browser: String(product), speed };
  } finally {
    await chromium.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}
