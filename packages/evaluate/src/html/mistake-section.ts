import type { Mistake } from '../worst-mistakes.js';
import { html, type Html } from './html.js';
import { decimal, percent } from './numbers.js';

/** A mistake with what can be seen and heard of it. */
export interface ShownMistake extends Mistake {
  /** Its picture and its sound, each within the page; absent where the recording could not be read. */
  readonly media?: MistakeMedia;
}

/** A part of a recording; pictures and sounds as `data:` addresses. */
export interface MistakeMedia {
  readonly picture: string;
  readonly sound: string;
  readonly fromSeconds: number;
  readonly seconds: number;
  /** What the picture shows, e.g. `log-mel, 128 bands up to 22,050 Hz`. */
  readonly caption: string;
}

/** Nothing but these is put into the page: an address of another kind would have it load something. */
const EMBEDDED = /^data:(?:image\/png|audio\/wav);base64,[A-Za-z0-9+/=]*$/;

export function mistakeSection(mistakes: readonly ShownMistake[]): Html {
  const list =
    mistakes.length === 0
      ? html`<p>There are none.</p>`
      : html`<p>
            The recordings whose true scene got the least probability, each of another confusion where there are enough.
          </p>
          <ul class="mistakes">
            ${mistakes.map(card)}
          </ul>`;
  return html`<section id="mistakes">
    <h2>Worst mistakes</h2>
    ${list}
  </section>`;
}

function card({ id, device, scene, guess, sceneProbability, guessProbability, media }: ShownMistake): Html {
  return html`<li>
    <h3>${scene} taken for ${guess}</h3>
    <p>${guess} ${percent(guessProbability)}, ${scene} ${percent(sceneProbability)}</p>
    <p class="small">${id}${device === undefined ? '' : `, device ${device}`}</p>
    ${media === undefined ? html`<p class="small">The recording could not be read.</p>` : mediaOf(media, `${scene} taken for ${guess}`)}
  </li>`;
}

function mediaOf({ picture, sound, fromSeconds, seconds, caption }: MistakeMedia, what: string): Html {
  const from = decimal(fromSeconds).replace(/\.?0+$/, '');
  const until = decimal(fromSeconds + seconds).replace(/\.?0+$/, '');
  return html`<figure>
      <img src="${embedded(picture)}" alt="Spectrogram of the recording: ${what}" />
      <figcaption>${caption}; ${from} – ${until} s</figcaption>
    </figure>
    <audio controls preload="none" src="${embedded(sound)}" aria-label="Recording: ${what}"></audio>`;
}

function embedded(address: string): string {
  return EMBEDDED.test(address) ? address : 'data:,';
}
