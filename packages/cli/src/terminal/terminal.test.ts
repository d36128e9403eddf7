import { describe, expect, it } from '@jest/globals';
import { stripVTControlCharacters } from 'node:util';
import type { EpochReport, FitEvent } from '@asc/train';
import { downloadDisplay } from './download-display.js';
import { formatBytes, formatCount, formatPercent, formatSeconds } from './format.js';
import { shellWord } from './shell-word.js';
import { table } from './table.js';
import { Terminal, type Sink } from './terminal.js';
import { epochLine, trainingDisplay } from './training-display.js';

describe('shellWord', () => {
  it.each([
    ['runs/first', 'runs/first'],
    ['läufe/1', 'läufe/1'],
    ['my runs/a', "'my runs/a'"],
    ["it's", "'it'\\''s'"],
    ['$HOME', "'$HOME'"],
    ['-x', "'-x'"],
    ['', "''"],
  ])('%s is typed as %s', (path, typed) => expect(shellWord(path)).toBe(typed));
});

function sink(isTTY: boolean): Sink & { text: string } {
  return {
    text: '',
    isTTY,
    columns: 80,
    write(text, done) {
      this.text += text;
      done?.();
    },
  };
}

function open(watched: boolean, json = false) {
  const [stdout, stderr] = [sink(watched), sink(watched)];
  return { stdout, stderr, terminal: new Terminal({ stdout, stderr, json }) };
}

const report: EpochReport = {
  epoch: 99,
  loss: 12.345_67,
  parts: { scene: 2.123, abstract: 1.234 },
  accuracy: 0.5,
  learningRate: 1e-3,
  clips: 13_965,
  seconds: 1234.5,
  clipsPerSecond: 11.3,
  validation: { accuracy: 1, balancedAccuracy: 1, logLoss: 12.345, clips: 2970, seconds: 10 },
};
const step: FitEvent = {
  kind: 'step',
  epoch: 0,
  step: 3,
  stepsPerEpoch: 581,
  loss: 15.5,
  parts: { scene: 2.5, abstract: 1.5 },
  learningRate: 1e-3,
  clips: 24,
  seconds: 0.5,
};

describe('terminal', () => {
  it('is silent on stderr where nobody watches', () => {
    const { terminal, stdout, stderr } = open(false);
    terminal.note('hello');
    terminal.live(['progress']);
    terminal.print('result');
    expect([stdout.text, stderr.text]).toEqual(['result\n', '']);
  });

  it('puts one document on stdout under --json', () => {
    const { terminal, stdout } = open(false, true);
    terminal.print('a log line');
    terminal.document({ a: 1 });
    expect(JSON.parse(stdout.text)).toEqual({ a: 1 });
  });

  it('keeps the live block below what is printed, within the width', () => {
    const { terminal, stdout, stderr } = open(true);
    terminal.live(['x'.repeat(200), 'second']);
    expect(stderr.text.split('\n')[0]).toHaveLength(79);
    stderr.text = '';
    terminal.print('line');
    expect(stdout.text).toBe('line\n');
    // Two lines are taken away, and drawn again.
    expect(stderr.text.startsWith('\r\u001B[2K\u001B[1A\u001B[2K')).toBe(true);
    expect(stderr.text.endsWith('…\nsecond')).toBe(true);
  });
});

describe('training display', () => {
  it('fits 80 columns, whatever the numbers', () => {
    expect(epochLine(report, 1000, true).length).toBeLessThanOrEqual(100);
    expect(epochLine({ ...report, clipsPerSecond: 531, seconds: 7.3, epoch: 79 }, 80, true).length).toBeLessThanOrEqual(
      80,
    );
    const averaged = epochLine({ ...report, averaged: report.validation!, epoch: 79 }, 80, true);
    expect(averaged).toMatch(/held-out [\d.]+ ?% averaged [\d.]+ ?% \*  /);
    const { terminal, stdout, stderr } = open(true);
    const show = trainingDisplay(terminal, 100);
    show(step);
    show({ kind: 'epoch', report, best: true });
    for (const line of stripVTControlCharacters(stderr.text).split(/[\r\n]/)) {
      expect(line.length).toBeLessThan(80);
    }
    expect(stderr.text).toContain('epoch 1/100 step 4/581');
    expect(stdout.text).toContain('epoch 100/100  loss 12.346');
  });
});

describe('download display', () => {
  it('shows how much is there, how fast and how long still, and why it waits', () => {
    const { terminal, stderr } = open(true);
    let ms = 0;
    const show = downloadDisplay(terminal, () => ms);
    const archives = { done: 2, total: 18 };
    show({ archives, bytes: { done: 2e9, total: 27.36e9 }, files: 2880 });
    stderr.text = '';
    ms = 5000;
    show({ archives, bytes: { done: 2.1e9, total: 27.36e9 }, files: 2880 });
    const [first = '', second] = stripVTControlCharacters(stderr.text.slice(stderr.text.indexOf('['))).split('\n');
    expect(first).toMatch(/2\.1 GB of 27\.4 GB, 20\.0 MB\/s, 21 min 03 s left$/);
    expect(second).toBe('2 of 18 archives unpacked, 2,880 files in place');
    const pause = { why: 'a.zip: busy', ms: 4000, attempt: 2, attempts: 6 };
    show({ archives, bytes: { done: 2.1e9, total: 27.36e9 }, files: 2880, pause });
    expect(stderr.text).toContain('a.zip: busy, trying again in 4 s, 2 of 6');
    stderr.text = '';
    ms = 10_000;
    show({ archives, bytes: { done: 2.2e9, total: 27.36e9 }, files: 2880 });
    expect(stderr.text).not.toContain('again');
  });

  it('says why it waits in the log where nobody watches', () => {
    const { terminal, stdout, stderr } = open(false);
    const pause = { why: 'a.zip: cannot reach b.org (connection refused)', ms: 1000, attempt: 2, attempts: 3 };
    downloadDisplay(terminal)({ archives: { done: 0, total: 1 }, bytes: { done: 0, total: 9 }, files: 0, pause });
    const line = 'a.zip: cannot reach b.org (connection refused), trying again in 1 s, 2 of 3\n';
    expect([stdout.text, stderr.text]).toEqual([line, '']);
  });
});

describe('format', () => {
  it('writes numbers as people read them', () => {
    expect([0, 999, 1000, 61_148, 29_419_156].map(formatCount)).toEqual(['0', '999', '1,000', '61,148', '29,419,156']);
    expect([12, 64_593, 3.5e6, 27.36e9].map(formatBytes)).toEqual(['12 B', '64.6 kB', '3.5 MB', '27.4 GB']);
    expect([0.4, 185, 7800].map(formatSeconds)).toEqual(['0 s', '3 min 05 s', '2 h 10 min']);
    expect(formatPercent(0.7333)).toBe('73.3 %');
  });

  it('aligns columns without trailing blanks', () => {
    const columns = [{ heading: 'name' }, { heading: 'n', align: 'right' }] as const;
    expect(
      table(columns, [
        ['a', '10'],
        ['long name', '9'],
      ]),
    ).toBe('name        n\na          10\nlong name   9');
  });
});
