import { wavetable } from './sound-canvas.js';
import { type Texture, between, carrierHz, formant, plateau, strike } from './texture.js';

/** Bus: an idling engine, a stack of harmonics that throbs about ten times a second. */
export const bus: Texture = (canvas, place, moment) => {
  const f0 = between(place, 70, 130);
  const throbHz = between(place, 8.5, 12.5);
  const table = wavetable(formant(f0, 40, carrierHz(place), 0.9));
  const { seconds } = canvas;
  const phase = moment.uniform();
  const drift = between(moment, -0.12, 0.12);
  const loudness = (progress: number): number =>
    0.08 + (0.5 - 0.5 * Math.cos(2 * Math.PI * (throbHz * seconds * progress + phase))) ** 2;
  const hz = (progress: number): number => f0 * (1 + drift * (progress - 0.5));
  canvas.tone({ startSeconds: 0, seconds, loudness, hz }, table);
};

/** Metro: wheels over rail joints, knocks in close pairs. */
export const metro: Texture = (canvas, place, moment) => {
  const centre = carrierHz(place);
  const period = between(place, 0.42, 0.6);
  const pairSeconds = between(place, 0.08, 0.12);
  let time = -between(moment, 0, period);
  while (time < canvas.seconds) {
    for (const [delay, loud] of [
      [0, 1],
      [pairSeconds, 0.9],
    ] as const) {
      const loudness = (progress: number): number => loud * strike(5)(progress);
      const event = { startSeconds: time + delay, seconds: 0.11, loudness, hz: () => centre };
      canvas.noise(event, 1, moment.uniform());
    }
    time += period * between(moment, 0.97, 1.03);
  }
};

/** Tram: squeal in a bend, a long note that wavers in pitch. */
export const tram: Texture = (canvas, place, moment) => {
  const base = carrierHz(place);
  const waverHz = between(place, 5, 7.5);
  const semitones = between(place, 1.5, 2.5);
  const table = wavetable([1, 0.5, 0.3]);
  let time = -between(moment, 0, 1);
  while (time < canvas.seconds) {
    const seconds = between(moment, 0.9, 2);
    const centre = base * 2 ** (between(moment, -3, 3) / 12);
    const hz = (progress: number): number =>
      centre * 2 ** ((semitones / 12) * Math.sin(2 * Math.PI * waverHz * seconds * progress));
    canvas.tone({ startSeconds: time, seconds, loudness: plateau(0.1), hz }, table);
    time += seconds + between(moment, 0.05, 0.3);
  }
};
