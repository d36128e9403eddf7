import { describe, expect, test } from '@jest/globals';
import { createRng, labelSpace, type Predictions } from '@asc/core';
import { evaluate } from '../evaluate.js';
import { softmax } from '../softmax.js';
import { worstMistakes } from '../worst-mistakes.js';
import { formatHtmlReport, type HtmlReportPage } from './format-html-report.js';
import { contrast, heatLevel, heatRules } from './heat-colours.js';
import { html } from './html.js';

const HOSTILE = `<script>alert("1")</script>'&\u0000`;
const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';
const SOUND = 'data:audio/wav;base64,UklGRg==';

function pageOf(scenes: readonly string[], count: number, change: Partial<HtmlReportPage> = {}): HtmlReportPage {
  const rng = createRng(1);
  const rows = Array.from({ length: count }, (_, i) => ({
    id: `${scenes[i % scenes.length]}-${i}.wav`,
    scene: scenes[i % scenes.length] ?? '',
    device: i % 4 === 3 ? undefined : ['a', 's1', 's4'][i % 4],
    probabilities: softmax(scenes.map((_, at) => rng.normal() + (at === i % scenes.length ? 1 : 0))),
  }));
  const predictions: Predictions = { labels: scenes, rows };
  const media = { picture: PIXEL, sound: SOUND, fromSeconds: 0, seconds: 1, caption: '40 mel bands' };
  return {
    title: 'amfm',
    facts: [['dataset', 'scenes']],
    report: evaluate(predictions, labelSpace(scenes)),
    mistakes: worstMistakes(predictions, 4).map((mistake, i) => ({ ...mistake, ...(i === 0 ? {} : { media }) })),
    cost: {
      facts: [['parameters', '65,424']],
      rules: [
        { rule: 'dcase2021', note: '128 KB', passes: true, verdict: 'pass' },
        { rule: 'dcase2022', note: 'int8', passes: false, verdict: 'no: int8 is asked for' },
      ],
      layers: [{ name: 'stem/conv', op: 'Conv', outputShape: [16, 128, 250], parameters: 4321, macs: 98_765_432 }],
    },
    documents: { recipe: { seed: 1 } },
    ...change,
  };
}

const VOID = new Set(['meta', 'img', 'line', 'rect', 'circle']);

/** The tags of a page; fails where one is closed that is not the innermost open one. */
function tagsOf(page: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const outside = page.replace(/<style>[\s\S]*?<\/style>/, '<style></style>').replace(/^<!doctype html>/, '');
  for (const [whole, closing, name = ''] of outside.matchAll(
    /<(\/?)([a-z0-9]+)((?:\s+[a-zA-Z0-9-]+(?:="[^"<]*")?)*)\s*\/?>/g,
  )) {
    if (closing === '/') expect(open.pop()).toBe(name);
    else if (!whole.endsWith('/>') && !VOID.has(name)) open.push(name);
    names.push(name);
  }
  expect(open).toEqual([]);
  // Whatever else looks like a tag would be one that the expression above does not know.
  expect(outside.match(/</g)?.length).toBe(names.length);
  return names;
}

describe('a report as a page', () => {
  const page = pageOf(['park', 'tram', 'bus'], 60);
  const text = formatHtmlReport(page);

  test('is whole HTML that holds every number, and nothing that runs or loads', () => {
    const tags = new Set(tagsOf(text));
    for (const tag of ['script', 'link', 'iframe', 'object', 'base', 'form']) expect(tags.has(tag)).toBe(false);
    for (const tag of ['main', 'nav', 'h1', 'h2', 'table', 'caption', 'svg', 'audio']) expect(tags.has(tag)).toBe(true);
    const { report } = page;
    expect(text).toContain(`${(100 * report.accuracy).toFixed(1)}\u00A0%`);
    expect(text).toContain(report.logLoss.toFixed(3));
    for (const { logLoss, accuracy } of [...report.devices, ...report.deviceGroups]) {
      expect(text).toContain(logLoss.toFixed(3));
      expect(text).toContain(`${(100 * accuracy).toFixed(1)}\u00A0%`);
    }
    for (const counts of report.confusion) for (const clips of counts) expect(text).toContain(`>${clips}</td>`);
    expect(text).toContain('no: int8 is asked for');
    for (const cell of ['stem/conv', '16 × 128 × 250', '4,321', '98,765,432']) expect(text).toContain(`>${cell}</t`);
    expect(text).toContain('15 clips without a device');
    expect(text).not.toMatch(/https?:|url\(|@import|NaN|Infinity|undefined|null/);
    expect([...text.matchAll(/ src="([^"]*)"/g)].map(([, address]) => address)).toEqual(
      [1, 2, 3].flatMap(() => [PIXEL, SOUND]),
    );
    expect(text.match(/could not be read/g)).toHaveLength(1);
    expect(text.length).toBeLessThan(40_000);
  });

  test('has one heading of the first level, links that lead somewhere, and scroll boxes for the keyboard', () => {
    expect(text.match(/<h1>/g)).toHaveLength(1);
    for (const [, id] of text.matchAll(/href="#([^"]+)"/g)) expect(text).toContain(`<section id="${id}">`);
    const boxes = text.match(/class="scroll"[^>]*>/g) ?? [];
    expect(boxes.length).toBeGreaterThan(4);
    for (const box of boxes) expect(box).toMatch(/role="region" aria-label="[^"]+" tabindex="0"/);
    expect((text.match(/<img /g) ?? []).length).toBe((text.match(/alt="[^"]+"/g) ?? []).length);
  });

  test('shows hostile names as they are, and takes no address but embedded pictures and sounds', () => {
    const scenes = [HOSTILE, 'tram', '</style><img src=x>'];
    const media = {
      picture: 'https://x/"><script>',
      sound: 'javascript:1',
      fromSeconds: 0,
      seconds: 1,
      caption: HOSTILE,
    };
    const hostile = pageOf(scenes, 30);
    const shown = formatHtmlReport({
      ...hostile,
      title: HOSTILE,
      facts: [[HOSTILE, HOSTILE]],
      mistakes: hostile.mistakes.map((mistake) => ({ ...mistake, id: HOSTILE, media })),
      documents: { [HOSTILE]: { [HOSTILE]: '</pre><script>' } },
    });
    expect(tagsOf(shown)).not.toContain('script');
    expect(shown).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;\uFFFD');
    expect(shown).not.toMatch(/src="(?!data:,")/);
  });

  test('does without devices, mistakes, cost and what does not occur', () => {
    const labels = ['park', 'tram'];
    const rows = [{ id: 'a', scene: 'park', device: undefined, probabilities: [1, 0] }];
    const report = evaluate({ labels, rows }, labelSpace(labels));
    const { cost: _cost, ...rest } = page;
    const bare = formatHtmlReport({ ...rest, report, mistakes: [], documents: {} });
    tagsOf(bare);
    expect(bare).toContain('Nothing was confused');
    expect(bare).toContain('There are none.');
    expect(bare).not.toMatch(/NaN|null|id="devices"|id="cost"/);
  });

  test('lists the pairs alone where there are too many scenes for a matrix', () => {
    const many = Array.from({ length: 60 }, (_, i) => `scene ${i}`);
    const large = formatHtmlReport(pageOf(many, 120));
    tagsOf(large);
    expect(large).not.toContain('Confusion matrix');
    expect(large).toContain('Most often confused');
  });
});

describe('the shades of the confusion matrix', () => {
  test.each(['light', 'dark'] as const)('can be read on a %s page', (theme) => {
    const rules = [...heatRules(theme).matchAll(/background:#(\w{6});color:#(\w{6})/g)];
    expect(rules).toHaveLength(16);
    const parse = (hex = ''): [number, number, number] =>
      [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)) as never;
    // WCAG 2.2 asks for 4.5.
    for (const [, background, text] of rules) expect(contrast(parse(background), parse(text))).toBeGreaterThan(4.5);
  });

  test('are none for nothing, and grow with the share', () => {
    expect([0, 1e-9, 0.125, 0.126, 0.5, 1, 1.1].map(heatLevel)).toEqual([0, 1, 1, 2, 4, 8, 8]);
  });

  test('black on white is the contrast that WCAG says', () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 10);
    // Of #777 on white, by the W3C's definition: 4.48.
    expect(contrast([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 2);
  });
});

test('a template escapes text, keeps HTML and joins lists', () => {
  expect(html`<p title="${'"'}">${['a', '<'].map((each) => html`<b>${each}</b>`)}${1}</p>`.toString()).toBe(
    '<p title="&quot;"><b>a</b><b>&lt;</b>1</p>',
  );
});
