/**
 * Our simulated MP3 beside LAME's, on recordings: signal-to-noise ratio of the whole, mean and largest difference in decibels.
 * Run after a build: node golden/make/check_mp3.mjs FOLDER   (needs ffmpeg with libmp3lame)
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulateMp3 } from '../../packages/augment/dist/index.js';
import { codeAudio, readAudio } from '../../packages/data/dist/index.js';

const [source = '.'] = process.argv.slice(2);
const names = readdirSync(source).filter((name) => /\.(wav|flac|mp3)$/.test(name));
const step = Math.max(1, Math.floor(names.length / 24));
const chosen = names.filter((_, i) => i % step === 0).slice(0, 24);
const folder = mkdtempSync(join(tmpdir(), 'check-mp3-'));
const energy = (x) => x.reduce((sum, v) => sum + v * v, 0);
const snr = (x, y) => 10 * Math.log10((energy(x) + 1e-12) / (energy(x.map((v, i) => v - y[i])) + 1e-12));
try {
  for (const kbps of [16, 24, 32, 48, 64, 96]) {
    const differences = [];
    let lame = 0;
    for (const name of chosen) {
      const path = join(source, name);
      const { samples, sampleRateHz } = await readAudio(path);
      const real = (await readAudio(await codeAudio(path, { codec: 'mp3', kbps, folder }))).samples;
      lame += snr(samples, real) / chosen.length;
      differences.push(snr(samples, simulateMp3(samples, { sampleRateHz, kbps })) - snr(samples, real));
    }
    const mean = differences.reduce((a, b) => a + b, 0) / differences.length;
    const worst = differences.reduce((most, d) => (Math.abs(d) > Math.abs(most) ? d : most), 0);
    console.log(`${kbps} kbit/s: LAME ${lame.toFixed(1)} dB; simulated ${mean.toFixed(1)} dB more on average, at most ${worst.toFixed(1)}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
