import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32c } from './crc32c.js';
import { NO_TOTALS, reportEpoch } from './epoch-totals.js';
import { appendEvents, truncateEvents } from './event-file.js';
import { encodeEvent, encodeVersion, stepOf, type ScalarEvent } from './scalar-event.js';
import { decodeRecords, encodeRecord } from './tfrecord.js';

const golden = (name: string) => readFileSync(new URL(`../../../golden/train/${name}`, import.meta.url));
const { created, events } = JSON.parse(golden('tfevents.json').toString()) as {
  created: number;
  events: ScalarEvent[];
};

describe('events', () => {
  test('are the bytes TensorBoard writes, and are read from those', () => {
    const bytes = golden('reference.tfevents');
    const payloads = [encodeVersion(created), ...events.map(encodeEvent)];
    expect(Buffer.concat(payloads.map(encodeRecord)).toString('hex')).toBe(bytes.toString('hex'));
    expect(decodeRecords(bytes).map(stepOf)).toEqual([0, ...events.map(({ step }) => step)]);
  });

  test('have the check sum of RFC 3720', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  test('are read up to the first that is torn or damaged', () => {
    const bytes = golden('reference.tfevents');
    const ends = decodeRecords(bytes).map((payload) => payload.byteOffset - bytes.byteOffset + payload.length + 4);
    for (let length = 0; length <= bytes.length; length++) {
      expect(decodeRecords(bytes.subarray(0, length))).toHaveLength(ends.filter((end) => end <= length).length);
      const damaged = Buffer.from(bytes);
      if (length < bytes.length) damaged[length] = (damaged[length] ?? 0) ^ 1;
      expect(decodeRecords(damaged)).toHaveLength(ends.filter((end) => end <= length).length);
    }
  });
});

describe('a file of events', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'asc-events-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const score = { accuracy: 0.5, balancedAccuracy: 0.25, logLoss: 2, clips: 4, seconds: 1 };
  const totals = { ...NO_TOTALS, clips: 4, seconds: 2, loss: 8, parts: { scene: 4 } };
  const report = (epoch: number) =>
    reportEpoch(epoch, totals, 0.125, { live: score, averaged: score, selection: score });

  test('holds every number of the history, epoch by epoch', async () => {
    const path = join(folder, 'events');
    await truncateEvents(path, 0);
    await appendEvents(path, report(3));
    const [version, event = new Uint8Array()] = decodeRecords(await readFile(path));
    expect(Buffer.from(version ?? []).toString('latin1')).toContain('brain.Event:2');
    expect(stepOf(event)).toBe(3);
    const text = Buffer.from(event).toString('latin1');
    const tags = ['train/loss', 'train/accuracy', 'train/learningRate', 'train/clipsPerSecond', 'train/part/scene'];
    for (const score of ['accuracy', 'balancedAccuracy', 'logLoss'])
      tags.push(`validation/${score}`, `averaged/${score}`, `selection/${score}`);
    for (const tag of tags) expect(text).toContain(tag);
  });

  test('forgets the epochs that come again, and a torn record', async () => {
    const path = join(folder, 'events');
    await truncateEvents(path, 0);
    for (const epoch of [0, 1, 2]) await appendEvents(path, report(epoch));
    const [version, ...kept] = decodeRecords(await readFile(path));
    await writeFile(path, encodeRecord(encodeEvent({ wallTime: 1, step: 3, scalars: {} })).subarray(0, -1), {
      flag: 'a',
    });
    await truncateEvents(path, 2);
    await appendEvents(path, report(2));
    const records = decodeRecords(await readFile(path));
    expect(records.map(stepOf)).toEqual([0, 0, 1, 2]);
    expect(records.slice(0, 3)).toEqual([version, ...kept.slice(0, 2)]);
    await writeFile(path, 'not events at all');
    await truncateEvents(path, 2);
    expect(decodeRecords(await readFile(path))).toHaveLength(1);
    await expect(truncateEvents(folder, 0)).rejects.toThrow(/Cannot read/);
  });
});
