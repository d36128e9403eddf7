import { createRng, labelSpace, type Predictions } from '@asc/core';
import { encodeWav } from '@asc/data';
import { evaluate, formatHtmlReport, softmax, worstMistakes } from '@asc/evaluate';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Chromium, findChromium } from './headless/chromium.js';

const SCENES = ['airport', 'bus', 'metro', 'metro_station', 'park', 'public_square', 'shopping_mall', 'street_traffic'];
const DEVICES = ['a', 'b', 'c', 's1', 's2', 's3', 's4', 's5', 's6'];
const SECONDS = 2;

/** A page with all it can hold, as `asc evaluate --report` writes it. */
function reportPage(): string {
  const rng = createRng(1);
  const rows = Array.from({ length: 180 }, (_, i) => ({
    id: `audio/${SCENES[i % 8]}-lisbon-${1000 + i}-40-${DEVICES[i % 9]}.wav`,
    scene: SCENES[i % 8] ?? '',
    device: DEVICES[i % 9],
    probabilities: softmax(SCENES.map((_, at) => rng.normal() + (at === i % 8 ? 2 : 0))),
  }));
  const predictions: Predictions = { labels: SCENES, rows };
  const samples = rng.fillNormal(new Float32Array(SECONDS * 16_000)).map((value) => 0.1 * value);
  const sound = Buffer.from(encodeWav({ samples, sampleRateHz: 16_000 })).toString('base64');
  const media = {
    picture:
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    sound: `data:audio/wav;base64,${sound}`,
    fromSeconds: 0,
    seconds: SECONDS,
    caption: '128 mel bands, 0 Hz at the bottom to 16,000 Hz, in dB',
  };
  return formatHtmlReport({
    title: 'amfm-small',
    facts: [
      ['dataset', 'a set with a name that is rather long, /home/someone/data/TAU-urban-acoustic-scenes-2020-mobile'],
    ],
    report: evaluate(predictions, labelSpace(SCENES)),
    mistakes: worstMistakes(predictions, 6).map((mistake) => ({ ...mistake, media })),
    cost: {
      facts: [['parameters', '64,593']],
      rules: [
        { rule: 'dcase2021', note: 'at most 128 KB of parameters that are not 0', passes: true, verdict: 'pass' },
      ],
      layers: [{ name: 'stem/conv', op: 'Conv', outputShape: [16, 128, 250], parameters: 4321, macs: 98_765_432 }],
    },
    documents: { recipe: { seed: 1, note: 'x'.repeat(300) } },
  });
}

const program = findChromium();

// Skipped, and reported so, where there is no Chromium: name one with CHROMIUM=/path/to/it.
(program === undefined ? describe.skip : describe)('a report in headless Chromium', () => {
  let folder: string;
  let chromium: Chromium;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'asc-report-'));
    const file = join(folder, 'report.html');
    writeFileSync(file, reportPage());
    chromium = await Chromium.start(program!, '/dev/null');
    await chromium.open(pathToFileURL(file).href);
  });
  afterAll(async () => {
    await chromium?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    [360, 'dark'],
    [1200, 'light'],
  ] as const)('fits %d pixels on a %s screen, all folded parts open', async (width, scheme) => {
    await chromium.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })");
    // A blank page of this width takes a few kilobytes.
    expect((await chromium.screenshot(width, scheme)).length).toBeGreaterThan(30_000);
    expect(await chromium.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const [background, text] = await chromium.evaluate<string[]>(
      '[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]',
    );
    const light = (colour = ''): number =>
      (colour.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, each) => sum + Number(each), 0);
    expect(light(background) > light(text)).toBe(scheme === 'light');
    const smallest = await chromium.evaluate<number>(
      "Math.min(...[...document.querySelectorAll('p, td, th, dd, summary')].map((each) => parseFloat(getComputedStyle(each).fontSize)))",
    );
    expect(smallest).toBeGreaterThanOrEqual(12);
  });

  it('draws the confusion and the calibration, shows pictures and plays sounds', async () => {
    const shades = await chromium.evaluate<string[]>(
      "[...new Set([...document.querySelectorAll('#confusion td')].map((each) => getComputedStyle(each).backgroundColor))]",
    );
    expect(shades.length).toBeGreaterThan(4);
    expect(
      await chromium.evaluate("document.querySelector('#calibration svg').getBoundingClientRect().height"),
    ).toBeGreaterThan(100);
    expect(
      await chromium.evaluate('[...document.images].every((each) => each.complete && each.naturalWidth > 0)'),
    ).toBe(true);
    const durations = await chromium.evaluate<
      number[]
    >(`Promise.all([...document.querySelectorAll('audio')].map((sound) =>
      new Promise((resolve, reject) => {
        sound.onloadedmetadata = () => resolve(sound.duration);
        sound.onerror = () => reject(new Error('a sound cannot be played'));
        sound.preload = 'metadata';
        sound.load();
      })))`);
    expect(durations).toEqual(Array(6).fill(SECONDS));
  });

  it('asks for nothing and reports no error', async () => {
    const asked = await chromium.evaluate<string[]>(
      "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => !name.startsWith('data:'))",
    );
    expect(asked).toEqual([]);
    expect(chromium.errors).toEqual([]);
  });
});
