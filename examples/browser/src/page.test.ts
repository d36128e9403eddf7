import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAudio, renderClip, writeWav } from '@asc/data';
import { encodeOnnx } from '@asc/onnx';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Chromium, findChromium } from './headless/chromium.js';
import { decodePng } from './headless/decode-png.js';
import { readable } from './page/runs.js';
import { RATE_HZ, SCENES, tinyClassifier } from './tiny-classifier.test.helper.js';
import { buildSite } from './tools/build-site.js';
import { serveSite, type SiteServer } from './tools/serve-site.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const audio = join(resolve(process.env['ASC_DATA_DIR'] ?? join(root, '..', 'shared', 'data')), 'esc-scenes', 'audio');

const SECONDS = 20;

/** As much of one place, then of another: real recordings where there are some, else invented ones. */
async function writePlaces(folder: string): Promise<readonly [string, string]> {
  const files = [join(folder, 'first.wav'), join(folder, 'second.wav')] as const;
  const real = existsSync(audio);
  for (const [i, place] of ['helicopter-bravo-37806', 'washing_machine-delta-218199'].entries()) {
    const samples = new Float32Array(SECONDS * RATE_HZ);
    const parts = real
      ? readdirSync(audio)
          .filter((name) => name.startsWith(place))
          .slice(0, 4)
      : [];
    const seconds = SECONDS / Math.max(1, parts.length);
    for (const [k, name] of parts.entries()) {
      const { samples: part } = await readAudio(join(audio, name), { sampleRateHz: RATE_HZ });
      samples.set(part.subarray(0, Math.floor(seconds * RATE_HZ)), Math.floor(k * seconds * RATE_HZ));
    }
    if (!real) {
      const name = ['park-london-0-0-a.wav', 'metro-paris-1-1-a.wav'][i]!;
      samples.set(renderClip({ seed: 0, clipSeconds: SECONDS, sampleRateHz: RATE_HZ }, name).samples);
    }
    await writeWav(files[i]!, { samples, sampleRateHz: RATE_HZ });
  }
  return files;
}

const program = findChromium();
const text = (id: string): string => `document.getElementById('${id}').textContent`;
const click = (selector: string): string => `document.querySelector('${selector}').click()`;
const READY = `${text('ready')} === 'Ready.'`;
const ROWS = "document.querySelectorAll('#runs tr').length";

// Skipped, and reported so, where there is no Chromium: name one with CHROMIUM=/path/to/it.
(program === undefined ? describe.skip : describe)('the page in headless Chromium', () => {
  let folder: string;
  let server: SiteServer;
  let chromium: Chromium;
  let places: readonly [string, string];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'asc-page-'));
    places = await writePlaces(folder);
    const model = join(folder, 'model.onnx');
    writeFileSync(model, encodeOnnx(tinyClassifier()));
    await buildSite({ model, out: join(folder, 'site') });
    server = await serveSite(join(folder, 'site'));
    chromium = await Chromium.start(program!, places[0]);
    await chromium.open(server.url);
    await chromium.until(READY, 'the model');
  });
  afterAll(async () => {
    await chromium?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The answers of a dropped recording or the microphone so far. */
  const answer = (): Promise<{ scene: string; confidence: string; until: string }> =>
    chromium.evaluate(`({
      scene: ${text('scene')},
      confidence: ${text('confidence')},
      until: document.querySelector('#runs tr')?.cells[1].textContent,
    })`);

  /** Shares of a canvas's pixels that are not its background, by column. */
  const drawnColumns = (id: string): Promise<number> =>
    chromium.evaluate(`(() => {
      const canvas = document.getElementById('${id}');
      const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let drawn = 0;
      for (let x = 0; x < width; x++) {
        for (let y = 0; y < height; y++) if (data[4 * (y * width + x) + 3] > 0) { drawn++; break; }
      }
      return drawn / width;
    })()`);

  const drop = async (file: string): Promise<void> => {
    await chromium.chooseFiles('[data-place="1"] [name=file]', [file]);
    await chromium.until('!document.querySelector(\'[data-place="1"] [name=file]\').disabled', 'the file to be read');
    await chromium.evaluate(`(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(document.querySelector('[data-place="1"] [name=file]').files[0]);
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    })()`);
    await chromium.until(
      `document.querySelector('#runs tr')?.cells[1].textContent === '0:20'`,
      'the recording to be heard',
    );
  };

  it('shows scene, confidence, spectrogram and timeline of a dropped recording', async () => {
    await drop(places[1]);
    const { scene, confidence } = await answer();
    expect(SCENES.map(readable)).toContain(scene);
    expect(confidence).toMatch(/^\d+ % sure$/);
    await chromium.until(`${text('speed')}.startsWith('As a whole: 20 windows judged, ')`, 'the answer as a whole');
    expect(await drawnColumns('spectrogram')).toBeGreaterThan(0.99);
    expect(await drawnColumns('timeline')).toBeGreaterThan(0.99);
    expect(await chromium.evaluate("document.querySelectorAll('#guesses li').length")).toBe(SCENES.length);
  });

  it('listens to the microphone, started and stopped by the keyboard', async () => {
    const space = { key: ' ', code: 'Space', windowsVirtualKeyCode: 32, text: ' ' };
    const press = async (): Promise<void> => {
      await chromium.evaluate("document.getElementById('microphone').focus()");
      await chromium.send('Input.dispatchKeyEvent', { type: 'keyDown', ...space });
      await chromium.send('Input.dispatchKeyEvent', { type: 'keyUp', ...space });
    };
    await press();
    await chromium.until(`${text('microphone')} === 'Stop the microphone' && ${ROWS} > 0`, 'a decision');
    await chromium.until(`${text('announcement')} !== ''`, 'the screen reader to be told');
    expect(await drawnColumns('timeline')).toBeGreaterThan(0.02);
    await press();
    await chromium.until(`${text('microphone')} === 'Start the microphone'`, 'the microphone to stop');
  });

  it('says what it cannot read', async () => {
    const bad = join(folder, 'bad.wav');
    writeFileSync(bad, 'no sound');
    await chromium.chooseFiles('#recording', [bad]);
    await chromium.until(`${text('problem')}.startsWith('This browser cannot read bad.wav')`, 'the error');
  });

  it('works without a network once it was loaded', async () => {
    await chromium.until(`${text('offline')}.startsWith('Ready')`, 'the files to be kept');
    // Compressed, with what the service worker asks for again.
    expect(server.bytesSent()).toBeLessThan(5e6);
    await server.close();
    await chromium.open(server.url);
    await chromium.until(READY, 'the model, without a network');
  });

  it('learns two places and tells them apart', async () => {
    await chromium.chooseFiles('[data-place="1"] [name=file]', [places[1]]);
    await chromium.evaluate(click('[data-place="0"] [name=record]'));
    await chromium.until("!document.getElementById('train').disabled", 'both recordings');
    await chromium.evaluate(click('#train'));
    await chromium.until(`${text('training')}.startsWith('Trained')`, 'the training');
    const said = await chromium.evaluate<string>(text('training'));
    const [, right, checked] = /(\d+) of (\d+) windows kept aside/.exec(said)!;
    expect(Number(right) / Number(checked)).toBeGreaterThan(0.8);
    await drop(places[1]);
    await chromium.until(`${text('scene')} === 'Balcony'`, 'the second place to be told');
    await chromium.evaluate(click('#microphone'));
    await chromium.until(`${text('scene')} === 'Kitchen'`, 'the first place to be told');
    await chromium.evaluate(click('#microphone'));
    await chromium.evaluate(click('#choice [value=shipped]'));
    await drop(places[1]);
    expect(SCENES.map(readable)).toContain((await answer()).scene);
  });

  /** How many colours a part of a picture of the page has, the share of those beside the commonest, and how far they are from it. */
  const painted = async (png: Buffer, id: string): Promise<{ colours: number; share: number; contrast: number }> => {
    const { width, pixels } = decodePng(png);
    const [left, top, right, bottom] = await chromium.evaluate<[number, number, number, number]>(`(() => {
      const box = document.getElementById('${id}').getBoundingClientRect();
      return [box.left + scrollX, box.top + scrollY, box.right + scrollX, box.bottom + scrollY].map(Math.round);
    })()`);
    const counts = new Map<number, number>();
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const at = 3 * (y * width + x);
        const colour = (pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!;
        counts.set(colour, (counts.get(colour) ?? 0) + 1);
      }
    }
    const [[common, most] = [0, 0]] = [...counts].sort(([, a], [, b]) => b - a);
    const apart = (a: number, b: number): number =>
      Math.max(...[16, 8, 0].map((shift) => Math.abs(((a >> shift) & 255) - ((b >> shift) & 255))));
    const contrast = Math.max(...[...counts.keys()].map((colour) => apart(colour, common)));
    return { colours: counts.size, share: 1 - most / ((right - left) * (bottom - top)), contrast };
  };

  it.each([
    [1200, 'light'],
    [360, 'dark'],
  ] as const)('paints what was heard: %i pixels wide, %s', async (width, scheme) => {
    const png = await chromium.screenshot(width, scheme);
    // Without a scroll bar.
    expect(decodePng(png).width).toBeGreaterThan(width - 20);
    const spectrogram = await painted(png, 'spectrogram');
    expect(spectrogram.colours).toBeGreaterThan(50);
    expect(spectrogram.share).toBeGreaterThan(0.5);
    const timeline = await painted(png, 'timeline');
    expect(timeline.colours).toBeGreaterThan(3);
    // Text, in a colour that can be read.
    for (const id of ['scene', 'confidence', 'guesses']) {
      const { share, contrast } = await painted(png, id);
      expect({ id, isBlank: share < 0.005, isReadable: contrast > 90 }).toEqual({
        id,
        isBlank: false,
        isReadable: true,
      });
    }
  });

  it('fits a phone, names every control and reports no error', async () => {
    await chromium.screenshot(360, 'dark');
    expect(await chromium.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    const { nodes } = (await chromium.send('Accessibility.getFullAXTree')) as {
      nodes: { ignored: boolean; role?: { value: string }; name?: { value: string } }[];
    };
    const roles = ['button', 'textbox', 'radio', 'link', 'progressbar', 'image', 'slider', 'region'];
    const controls = nodes.filter(({ ignored, role }) => !ignored && roles.includes(role?.value ?? ''));
    expect(controls.length).toBeGreaterThan(15);
    expect(controls.filter(({ name }) => (name?.value ?? '') === '')).toEqual([]);
    expect(chromium.errors).toEqual([]);
  });
});
