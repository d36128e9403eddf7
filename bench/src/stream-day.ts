/**
 * A day of sound through one stream, as fast as it goes: memory and time by the hour. The network is the DCASE 2024 baseline with its
 * front end in the graph (windows of 1 s at 32 kHz, a decision every second), the sound comes at 48 kHz.
 * By hand, after a build: `node bench/dist/stream-day.js [HOURS]`; 24 without.
 */
import { checkPositiveInteger, createRng } from '@asc/core';
import { frontEnd } from '@asc/features';
import { createModel } from '@asc/models';
import { encodeOnnx, exportOnnx } from '@asc/onnx';
import { loadClassifier } from '@asc/runtime';
import '@tensorflow/tfjs-backend-cpu';
import { LABELS } from './network.js';

const SOUND_HZ = 48_000;
const PIECE_SECONDS = 10;
/** Hours whose memory is printed, beside the last. */
const TOLD_HOURS = new Set([1, 2, 4, 8, 12, 16, 20]);

const hours = checkPositiveInteger('HOURS', Number(process.argv[2] ?? 24));
const ends = frontEnd('dcase2024');
const { sampleRateHz } = ends.config;
const { deployed } = createModel('dcase2024', {
  seed: 1,
  classes: LABELS.scenes.length,
  abstractClasses: 0,
  bands: ends.bands,
  frames: ends.frames(sampleRateHz),
});
const card = {
  name: 'day',
  labels: LABELS,
  sampleRateHz,
  clipSamples: sampleRateHz,
  input: 'waveform',
  frontEnd: ends.config,
} as const;
const model = exportOnnx(deployed, { card, frontEnd: ends.plan() });
const classifier = await loadClassifier(encodeOnnx(model), { threads: 1 });
const stream = classifier.stream({ sampleRateHz: SOUND_HZ });

// A minute of noise, heard from a new place every time.
const noise = createRng(1).fillNormal(new Float32Array(60 * SOUND_HZ));
const piece = new Float32Array(PIECE_SECONDS * SOUND_HZ);
const started = performance.now();
let [decisions, atSeconds] = [0, 0];
console.log('hours  decisions  last at (s)  resident MiB  of them heap  minutes taken');
for (let seconds = PIECE_SECONDS; seconds <= hours * 3600; seconds += PIECE_SECONDS) {
  const from = (seconds * 7919) % (noise.length - piece.length);
  piece.set(noise.subarray(from, from + piece.length));
  const told = await stream.push(piece);
  decisions += told.length;
  atSeconds = told.at(-1)?.atSeconds ?? atSeconds;
  const hour = seconds / 3600;
  if (!TOLD_HOURS.has(hour) && hour !== hours) continue;
  const { rss, heapUsed } = process.memoryUsage();
  const columns = [hour, decisions, atSeconds, mebibytes(rss), mebibytes(heapUsed), minutes()];
  console.log(columns.map((value, i) => String(value).padStart([5, 11, 13, 14, 14, 15][i] ?? 0)).join(''));
}
console.log(`peak ${mebibytes(process.resourceUsage().maxRSS * 1024)} MiB resident`);
await classifier.close();

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

function minutes(): string {
  return ((performance.now() - started) / 60_000).toFixed(1);
}
