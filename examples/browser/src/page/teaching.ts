import { UsageError, type ModelCard } from '@asc/core';
import type { Classifier } from '@asc/runtime';
import { byId, showProblem } from './elements.js';
import { giveLesson } from './give-lesson.js';
import { PlaceForm } from './place-form.js';

/** What teaching works with. */
export interface TeachingTools {
  /** The shipped model file, its card and its loaded form. */
  readonly model: Uint8Array;
  readonly card: ModelCard;
  readonly shipped: Classifier;
  readonly load: (bytes: Uint8Array) => Promise<Classifier>;
  /** Makes a classifier the one that listens. */
  readonly use: (classifier: Classifier) => Promise<void>;
}

/** Joins the form of the two places to the lesson, and the choice of the model to the listener. */
export function setUpTeaching({ model, card, shipped, load, use }: TeachingTools): void {
  const train = byId<HTMLButtonElement>('train');
  const training = byId('training');
  let personal: Classifier | undefined;
  let teaching = false;
  const refresh = (): void => {
    train.disabled = teaching || places.some(({ samples }) => samples === undefined);
  };
  const fieldsets = byId('teach').querySelectorAll<HTMLFieldSetElement>('fieldset[data-place]');
  const places = Array.from(fieldsets, (fieldset) => new PlaceForm(fieldset, card.sampleRateHz, refresh));

  async function teach(): Promise<void> {
    if (new Set(places.map(({ name }) => name)).size < places.length) {
      throw new UsageError({ what: 'The two places have the same name.', hint: 'Give each a name of its own.' });
    }
    const lesson = places.map(({ name, samples = new Float32Array() }) => ({ name, samples }));
    const taught = await giveLesson({ model, places: lesson }, (share) => {
      training.textContent = `Training: ${Math.round(share * 20) * 5} %`;
    });
    offerDownload(taught.model);
    const before = personal;
    personal = await load(taught.model.slice());
    byId('choice').hidden = false;
    chosen('personal').checked = true;
    await use(personal);
    await before?.close();
    const checked = `${taught.right} of ${taught.checked} windows kept aside are told right`;
    training.textContent =
      `Trained on ${taught.learnt} windows` +
      (taught.checked > 0 ? `; ${checked}.` : '.') +
      ' Now start the microphone: it tells your two places apart.';
  }

  byId<HTMLFormElement>('teach').addEventListener('submit', (event) => {
    event.preventDefault();
    showProblem(undefined);
    teaching = true;
    refresh();
    teach()
      .catch((error: unknown) => {
        training.textContent = 'Nothing was trained.';
        showProblem(error);
      })
      .finally(() => {
        teaching = false;
        refresh();
      });
  });
  for (const choice of ['shipped', 'personal'] as const) {
    chosen(choice).addEventListener('change', () => {
      const classifier = choice === 'personal' ? personal : shipped;
      if (classifier !== undefined) void use(classifier);
    });
  }
}

function chosen(value: 'shipped' | 'personal'): HTMLInputElement {
  return byId('choice').querySelector<HTMLInputElement>(`[value=${value}]`)!;
}

function offerDownload(model: Uint8Array): void {
  const link = byId<HTMLAnchorElement>('download');
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([model as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }));
  link.hidden = false;
}
