/** The log-mel spectrogram of a recording: `node examples/dist/log-mel.js street.wav` (or one made up here). */
import { readAudio, renderClip, writeWav } from '@asc/data';
import { featureMapToNpy, frontEnd } from '@asc/features';
import { writeFile } from 'node:fs/promises';

let [path] = process.argv.slice(2);
if (path === undefined) {
  path = 'street.wav';
  const config = { seed: 1, clipSeconds: 2, sampleRateHz: 44_100 };
  await writeWav(path, renderClip(config, 'street_traffic-lyon-1-1-a.wav'));
}

// The input of the DCASE 2024 baseline; `asc features --list` names more. A preset's values can be replaced one by one.
const logMel = frontEnd({ preset: 'dcase2024', bands: 128 });

// Any format, rate and number of channels, as one channel at the rate the front end wants.
const { samples, sampleRateHz } = await readAudio(path, { sampleRateHz: logMel.config.sampleRateHz });
const map = logMel.compute(samples);

console.log(`${path}: ${samples.length} samples at ${sampleRateHz} Hz`);
console.log(`${map.bands} bands × ${map.frames} frames × ${map.channels} channel`);

// Where the sound is: the loudest band on average, in text.
const means = Array.from({ length: map.bands }, (_, f) => {
  const row = map.data.subarray(f * map.frames, (f + 1) * map.frames);
  return row.reduce((sum, value) => sum + value, 0) / map.frames;
});
console.log(`loudest band: ${means.indexOf(Math.max(...means))}`);

await writeFile('log-mel.npy', featureMapToNpy(map)); // numpy.load('log-mel.npy')
console.log('wrote log-mel.npy');
