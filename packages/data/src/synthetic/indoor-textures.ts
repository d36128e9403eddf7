import { wavetable } from './sound-canvas.js';
import { type Texture, between, betweenLog, bump, carrierHz, formant, plateau, strike } from './texture.js';

/** Steps of a chime, in semitones. */
const CHIME = [-5, 0, 4, 7, 12] as const;

/** Airport: announcement chimes, notes that are struck and step in pitch. */
export const airport: Texture = (canvas, place, moment) => {
  const base = carrierHz(place);
  const noteSeconds = between(place, 0.15, 0.24);
  const table = wavetable([1, 0.4, 0.2]);
  let time = -between(moment, 0, 1);
  while (time < canvas.seconds) {
    const notes = 3 + moment.integer(3);
    let last = -1;
    for (let n = 0; n < notes; n++) {
      // Never the same note twice: the step is what tells a chime from a beep.
      const step = (last + 1 + moment.integer(CHIME.length - 1)) % CHIME.length;
      last = step;
      const hz = base * 2 ** ((CHIME[step] ?? 0) / 12);
      canvas.tone({ startSeconds: time, seconds: noteSeconds * 1.3, loudness: strike(2.5), hz: () => hz }, table);
      time += noteSeconds;
    }
    time += between(moment, 0.1, 0.45);
  }
};

/** Metro station: door warnings, one pitch switched on and off evenly. */
export const metroStation: Texture = (canvas, place, moment) => {
  const hz = carrierHz(place);
  const period = 1 / between(place, 4, 6);
  const table = wavetable([1, 0.5, 0.33, 0.25]);
  let time = -between(moment, 0, 1);
  while (time < canvas.seconds) {
    const beeps = 5 + moment.integer(8);
    for (let n = 0; n < beeps; n++) {
      canvas.tone({ startSeconds: time, seconds: period / 2, loudness: plateau(0.08), hz: () => hz }, table);
      time += period;
    }
    time += between(moment, 0.15, 0.5);
  }
};

const VOICES = 4;

/** Shopping mall: babble, several voices with gliding pitch and changing vowels at the pace of syllables. */
export const shoppingMall: Texture = (canvas, place, moment) => {
  const centre = carrierHz(place);
  for (let voice = 0; voice < VOICES; voice++) {
    const f0 = betweenLog(moment, 110, 290);
    const vowels = [-0.7, 0, 0.7].map((octaves) => wavetable(formant(f0, 24, centre * 2 ** octaves, 0.45)));
    let time = -between(moment, 0, 0.4);
    while (time < canvas.seconds) {
      const seconds = between(moment, 0.11, 0.24);
      const from = f0 * between(moment, 0.8, 1.25);
      const to = f0 * between(moment, 0.8, 1.25);
      const table = vowels[moment.integer(vowels.length)];
      const loud = between(moment, 0.4, 1);
      if (table !== undefined) {
        const hz = (progress: number): number => from + (to - from) * progress;
        canvas.tone({ startSeconds: time, seconds, loudness: (progress) => loud * bump(progress), hz }, table);
      }
      time += seconds * between(moment, 0.9, 1.2) + (moment.uniform() < 0.2 ? between(moment, 0.1, 0.4) : 0);
    }
  }
};
