import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadEvents } from './load-events.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'asc-events-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (rows: readonly string[], file = 'events.csv', header = 'filename,events,split'): void =>
  writeFileSync(join(root, file), [header, ...rows, ''].join('\n'));

test('clips carry the events heard in them; labels are those that occur, or those of labels.csv', async () => {
  write(['a.wav,siren; dog,train', 'b.wav,,train', '"c.wav","speech, male;dog",test']);
  const set = await loadEvents(root);
  expect(set.labels.scenes).toEqual(['dog', 'siren', 'speech, male']);
  expect(set.split(1, 'train').map(({ events }) => events)).toEqual([['siren', 'dog'], []]);
  expect(set.split(1, 'evaluate').map(({ id, scene }) => [id, scene])).toEqual([['c.wav', undefined]]);
  write(['siren', 'dog', 'music', '"speech, male"'], 'labels.csv', 'event');
  expect((await loadEvents(root)).labels.scenes).toEqual(['siren', 'dog', 'music', 'speech, male']);
});

test.each([
  [['a.wav,dog,train', 'a.wav,dog,test'], /a\.wav stands twice/],
  [['a.wav,dog;dog,train'], /event dog stands twice/],
  [['a.wav,dog,dev'], /not a split/],
  [['../a.wav,dog,train'], /not a file name/],
  [['a.wav,,train'], /names no events/],
])('refuses %j', async (rows, message) => {
  write(rows);
  await expect(loadEvents(root)).rejects.toThrow(message);
});

test('refuses an event that labels.csv lacks, and a missing table', async () => {
  await expect(loadEvents(root)).rejects.toThrow(/events\.csv/);
  write(['a.wav,dgo,train']);
  write(['dog'], 'labels.csv', 'event');
  await expect(loadEvents(root)).rejects.toThrow(/the event dgo is not in labels\.csv/);
});
