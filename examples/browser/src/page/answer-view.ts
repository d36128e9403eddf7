import { byId, element } from './elements.js';
import { percent, readable } from './runs.js';

const SHOWN = 5;
/** A screen reader is told of a new scene at most this often. */
const ANNOUNCE_MS = 3000;

/** The present answer: the scene in large letters, its confidence, the likeliest scenes. */
export class AnswerView {
  #announced = '';
  #announcedAt = -Infinity;

  show(scenes: readonly string[], probabilities: ArrayLike<number>): void {
    const ranked = scenes
      .map((scene, i) => ({ scene: readable(scene), probability: probabilities[i] ?? 0 }))
      .toSorted((a, b) => b.probability - a.probability);
    const [best] = ranked;
    if (best === undefined) return;
    byId('scene').textContent = best.scene;
    byId('confidence').textContent = `${percent(best.probability)} sure`;
    const rows = ranked.slice(0, SHOWN).map(({ scene, probability }) => {
      const row = document.createElement('li');
      row.style.setProperty('--share', `${probability * 100}%`);
      row.append(element('span', scene), element('span', percent(probability)));
      return row;
    });
    byId('guesses').replaceChildren(...rows);
    this.#announce(best.scene, best.probability);
  }

  clear(text: string): void {
    byId('scene').textContent = text;
    byId('confidence').textContent = '';
    byId('guesses').replaceChildren();
    byId('announcement').textContent = '';
    this.#announced = '';
  }

  #announce(scene: string, probability: number): void {
    const now = performance.now();
    if (scene === this.#announced || now - this.#announcedAt < ANNOUNCE_MS) return;
    this.#announced = scene;
    this.#announcedAt = now;
    byId('announcement').textContent = `${scene}, ${percent(probability)} sure`;
  }
}
