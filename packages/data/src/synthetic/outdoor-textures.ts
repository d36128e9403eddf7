import { wavetable } from './sound-canvas.js';
import { type Texture, between, betweenLog, bump, carrierHz, strike } from './texture.js';

/** Park: birds, bursts of quick sweeps in pitch. */
export const park: Texture = (canvas, place, moment) => {
  const base = carrierHz(place);
  const octaves = between(place, 0.8, 1.3) * (place.uniform() < 0.5 ? -1 : 1);
  const chirpSeconds = between(place, 0.06, 0.1);
  const table = wavetable([1, 0.15]);
  let time = -between(moment, 0, 0.6);
  while (time < canvas.seconds) {
    const chirps = 3 + moment.integer(5);
    const start = base * betweenLog(moment, 0.8, 1.25) * 2 ** (-octaves / 2);
    for (let n = 0; n < chirps; n++) {
      const hz = (progress: number): number => start * 2 ** (octaves * progress);
      canvas.tone({ startSeconds: time, seconds: chirpSeconds, loudness: bump, hz }, table);
      time += chirpSeconds * 1.25;
    }
    time += between(moment, 0.12, 0.45);
  }
};

/** Public square: fountain gusts, noise that swells slowly and stops short. */
export const publicSquare: Texture = (canvas, place, moment) => {
  const centre = carrierHz(place);
  const period = between(place, 0.4, 0.65);
  let time = -between(moment, 0, period);
  while (time < canvas.seconds) {
    const seconds = period * between(moment, 0.75, 0.95);
    const hz = centre * betweenLog(moment, 0.8, 1.25);
    const event = { startSeconds: time, seconds, loudness: (p: number) => strike(4)(1 - p), hz: () => hz };
    canvas.noise(event, 1, moment.uniform());
    time += period * between(moment, 0.92, 1.08);
  }
};

/** Pedestrian street: footsteps, evenly spaced knocks, every second one a little different. */
export const streetPedestrian: Texture = (canvas, place, moment) => {
  const centre = carrierHz(place);
  const period = between(place, 0.42, 0.62);
  const other = betweenLog(place, 0.75, 1.33);
  let time = -between(moment, 0, period);
  for (let n = 0; time < canvas.seconds; n++) {
    const hz = n % 2 === 0 ? centre : centre * other;
    canvas.noise({ startSeconds: time, seconds: 0.22, loudness: strike(5), hz: () => hz }, 1, moment.uniform());
    time += period * between(moment, 0.97, 1.03);
  }
};

/** Traffic street: passing cars, bands of noise that sweep down while they swell and fade. */
export const streetTraffic: Texture = (canvas, place, moment) => {
  const centre = carrierHz(place);
  const seconds = between(place, 0.7, 1.2);
  const octaves = between(place, 1.6, 2.2);
  let time = -between(moment, 0, seconds);
  while (time < canvas.seconds) {
    const length = seconds * between(moment, 0.85, 1.15);
    const top = centre * 2 ** (octaves / 2) * betweenLog(moment, 0.85, 1.18);
    const hz = (progress: number): number => top * 2 ** (-octaves * progress);
    canvas.noise({ startSeconds: time, seconds: length, loudness: bump, hz }, 4, moment.uniform());
    time += length * between(moment, 0.75, 1);
  }
};
