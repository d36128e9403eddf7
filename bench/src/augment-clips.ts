/**
 * What augmenting a waveform costs: milliseconds of one core for each part of the way from a recording to the features of the small
 * AMFM network, for the recordings of a folder.
 *
 * Run: node bench/dist/augment-clips.js FOLDER RESPONSES
 */
import { binScales, changeTempo, deviceSimulator, simulateMp3 } from '@asc/augment';
import { createRng, type Waveform } from '@asc/core';
import { readAudio } from '@asc/data';
import { frontEnd } from '@asc/features';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const CLIPS = 40;
const WARM_UP = 8;

const [folder = '.', responses = '.'] = process.argv.slice(2);
const audio = (root: string): string[] =>
  readdirSync(root)
    .filter((name) => /\.(wav|flac|mp3)$/.test(name))
    .sort()
    .map((name) => join(root, name));

const ends = frontEnd('amfm-small');
const { sampleRateHz } = ends.config;
const files = audio(folder).slice(0, CLIPS);
const clips: Waveform[] = [];
for (const file of files) clips.push(await readAudio(file, { sampleRateHz }));
const [first = ''] = audio(responses);
const response = (await readAudio(first, { sampleRateHz })).samples;
const device = deviceSimulator(response.length);
const scales = binScales(ends.bins, 0.5, createRng(1));

const parts: Readonly<Record<string, (samples: Float32Array, file: string) => unknown>> = {
  'reading the file': async (_, file) => readAudio(file, { sampleRateHz }),
  'tempo 0.75': (samples) =>
    changeTempo(samples.subarray(0, Math.round(0.75 * samples.length)), { sampleRateHz, factor: 0.75 }),
  'tempo 1.25': (samples) => changeTempo(samples, { sampleRateHz, factor: 1.25 }),
  'impulse response': (samples) => device.apply(samples, response),
  'simulated MP3, 32 kbit/s': (samples) => simulateMp3(samples, { sampleRateHz, kbps: 32 }),
  features: (samples) => ends.compute(samples),
  'features, bins scaled': (samples) => ends.compute(samples, { binScales: scales }),
};
for (const [name, part] of Object.entries(parts)) {
  const each = async (count: number): Promise<void> => {
    for (const [i, { samples }] of clips.slice(0, count).entries()) await part(samples, files[i] as string);
  };
  await each(WARM_UP);
  const begun = process.cpuUsage();
  await each(CLIPS);
  const { user, system } = process.cpuUsage(begun);
  console.log(`${name.padEnd(26)} ${((user + system) / 1000 / clips.length).toFixed(1)} ms`);
}
